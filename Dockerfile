# One image for every role: web, ingest, jobs, migrate (compose.yaml names them).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src src
COPY migrations migrations
RUN dotnet publish src/Web/FinOps.Web.csproj -c Release -o /app --nologo

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /app
COPY --chmod=755 deploy/healthcheck /usr/local/bin/finops-healthcheck
# A named volume takes over the owner of the folder it covers.
RUN mkdir /data && chown "$APP_UID:$APP_UID" /data
WORKDIR /app
USER $APP_UID
# The garbage collector's youngest generation, hexadecimal bytes (64 MiB): see ./finops.
ENV DOTNET_GCgen0size=4000000 \
    FINOPS_BIND=0.0.0.0 \
    FINOPS_HTTP_PORT=8080 \
    FINOPS_OTLP_GRPC_PORT=4317 \
    FINOPS_OTLP_HTTP_PORT=4318
VOLUME /data
EXPOSE 8080 4317 4318
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=6 CMD ["finops-healthcheck"]
ENTRYPOINT ["dotnet", "FinOps.Web.dll", "--data", "/data"]
CMD ["--role", "all"]
