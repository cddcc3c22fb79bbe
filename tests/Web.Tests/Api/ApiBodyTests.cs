using System.Text;
using FinOps.Web.Api;
using Microsoft.AspNetCore.Http;

namespace FinOps.Web.Tests.Api;

public sealed class ApiBodyTests
{
    private const string Price = """{"system":"qdrant","places":"*","meter":"readUnits","price":1,"reason":"r"}""";

    [Fact]
    public async Task Read_OfWhatIsAskedFor_GivesIt()
    {
        var read = await ReadAsync<DataStorePriceRequest>(Price);

        Assert.Equal(("qdrant", "readUnits", 1m, ""), (read?.System, read?.Meter, read?.Price, read?.Tier));
        Assert.Equal("gpt-4o", (await ReadAsync<PricesRequest>("""{"prices":[{"provider":"openai","model":"gpt-4o","meter":"input","price":1,"currency":null}],"reason":"r"}"""))?.Prices?[0]?.Model);
    }

    /// <summary>Null where a value must be was once believed, and failed on the way with a 500.</summary>
    [Theory]
    [InlineData("""{"system":null,"places":"*","meter":"readUnits","price":1,"reason":"r"}""")]
    [InlineData("""{"system":"qdrant","places":"*","meter":"readUnits","price":1,"reason":"r","tier":null}""")]
    [InlineData("""{"system":"qdrant","places":"*","meter":"readUnits","price":"1","reason":"r"}""")]
    [InlineData("""{"system":"qdrant"}""")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData(Price, "text/plain")]
    public async Task Read_OfAnythingElse_IsNull(string body, string type = "application/json") => Assert.Null(await ReadAsync<DataStorePriceRequest>(body, type));

    [Theory]
    [InlineData("""{"kind":"api","scopes":[null]}""")]
    [InlineData("""{"kind":"api","scopes":["costs.read",null]}""")]
    public async Task Read_OfAListWithAGap_IsNull(string body) => Assert.Null(await ReadAsync<KeyRequest>(body));

    private static Task<T?> ReadAsync<T>(string body, string type = "application/json") where T : class
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = type;
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        return ApiBody.ReadAsync<T>(http);
    }
}
