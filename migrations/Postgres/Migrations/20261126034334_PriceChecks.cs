using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace FinOps.Migrations.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class PriceChecks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "price_checks",
                schema: "finops",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    source = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    problem = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    book_version = table.Column<long>(type: "bigint", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    entries = table.Column<int>(type: "integer", nullable: false),
                    not_understood = table.Column<int>(type: "integer", nullable: false),
                    compared = table.Column<int>(type: "integer", nullable: false),
                    unknown = table.Column<int>(type: "integer", nullable: false),
                    gaps = table.Column<int>(type: "integer", nullable: false),
                    tolerance_percent = table.Column<decimal>(type: "numeric", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_checks", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "price_gaps",
                schema: "finops",
                columns: table => new
                {
                    other_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    meter = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    context_start = table.Column<long>(type: "bigint", nullable: false),
                    service_tier = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    batch = table.Column<bool>(type: "boolean", nullable: false),
                    provider = table.Column<string>(type: "text", nullable: false),
                    model = table.Column<string>(type: "text", nullable: false),
                    book_price = table.Column<decimal>(type: "numeric", nullable: false),
                    book_source = table.Column<string>(type: "text", nullable: false),
                    book_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    other_price = table.Column<decimal>(type: "numeric", nullable: false),
                    share = table.Column<decimal>(type: "numeric", nullable: false),
                    first_seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_price_gaps", x => new { x.other_name, x.meter, x.context_start, x.service_tier, x.batch });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "price_checks",
                schema: "finops");

            migrationBuilder.DropTable(
                name: "price_gaps",
                schema: "finops");
        }
    }
}
