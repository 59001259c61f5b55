using System.Net;
using System.Text;
using System.Text.Json;

namespace SynHello.Interop.Tests;

/// <summary>"synhello get" run twice with a session file.</summary>
public sealed class ReturningVisitorTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-returning-");
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    private string SessionFile => Path.Combine(_directory.FullName, "sessions");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("off", 2, 1)]
    [InlineData("cookieless", 1, 0)]
    public async Task SecondRun_IsAReturningVisitor(string mode, int firstSent, int secondSent)
    {
        await using ChildProcess serve = await ServeAsync("--early-data", "4096", "--fast-open", mode);
        AssertAccount(await VisitAsync("--fast-open", mode), resumed: false, "none", firstSent);
        AssertAccount(await VisitAsync("--fast-open", mode), resumed: true, "accepted", secondSent);
        AssertAccount(await VisitAsync("--fast-open", mode), resumed: true, "accepted", secondSent);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SessionFile));

        // Without the file, and without the option, it is a stranger, or says nothing early.
        AssertAccount(
            await Synhello.GetJsonAsync($"https://{_endPoint}/", "--early-data", "--fast-open", mode), false, "none", firstSent);
        AssertAccount(
            await Synhello.GetJsonAsync($"https://{_endPoint}/", "--session-file", SessionFile, "--fast-open", mode),
            resumed: true,
            "none",
            firstSent);
    }

    /// <summary>From the second visit on the kernel has a cookie, and the client a session.</summary>
    [Fact]
    public async Task Cookie_LetsTheRequestRideInTheSyn()
    {
        await using ChildProcess serve = await ServeAsync("--early-data", "4096");
        Assert.Equal("requested", (await VisitAsync()).GetProperty("fastOpen").GetString());
        JsonElement second = await VisitAsync();
        Assert.Equal("cookie", second.GetProperty("fastOpen").GetString());
        AssertAccount(second, resumed: true, "accepted", requestSent: 0);
        Assert.Equal(0, second.GetProperty("synOverflowBytes").GetInt32());
        Assert.InRange(second.GetProperty("synDataBytes").GetInt32(), 400, second.GetProperty("synRoom").GetInt32());
    }

    [Fact]
    public async Task ServerWithoutEarlyData_GetsTheRequestOnce()
    {
        await using (ChildProcess first = await ServeAsync())
        {
            await VisitAsync();
            JsonElement second = await VisitAsync();
            AssertAccount(second, resumed: true, "none", requestSent: second.GetProperty("fastOpen").GetString() == "cookie" ? 1 : 2);
            Assert.Equal("NotAllowedBySession", second.GetProperty("tls").GetProperty("earlyDataReason").GetString());
        }
    }

    /// <summary>A restarted server has other keys: what was sent early is refused, and sent again.</summary>
    [Fact]
    public async Task RestartedServer_RefusesAndIsAskedAgain()
    {
        await using (ChildProcess before = await ServeAsync("--early-data", "4096", "--fast-open", "off"))
            await VisitAsync("--fast-open", "off");
        await using ChildProcess after = await ServeAsync("--early-data", "4096", "--fast-open", "off");
        JsonElement account = await VisitAsync("--fast-open", "off");
        AssertAccount(account, resumed: false, "rejected", requestSent: 2);
        Assert.Equal("RejectedByServer", account.GetProperty("tls").GetProperty("earlyDataReason").GetString());
        AssertAccount(await VisitAsync("--fast-open", "off"), resumed: true, "accepted", requestSent: 1);
    }

    [Fact]
    public async Task Sessions_AreNotSharedBetweenTrustSettings()
    {
        await using ChildProcess serve = await ServeAsync("--early-data", "4096", "--fast-open", "off");
        string url = $"https://{_endPoint}/";
        string[] insecure = ["get", url, "--insecure", "--json", "--session-file", SessionFile, "--fast-open", "off"];
        Assert.False(await IsResumedAsync(insecure));
        Assert.True(await IsResumedAsync(insecure));
        Assert.False((await VisitAsync("--fast-open", "off")).GetProperty("tls").GetProperty("resumed").GetBoolean());
        Assert.True((await VisitAsync("--fast-open", "off")).GetProperty("tls").GetProperty("resumed").GetBoolean());

        static async Task<bool> IsResumedAsync(string[] arguments)
        {
            (int exitCode, byte[] output, string error) = await Synhello.RunAsync(arguments);
            Assert.True(exitCode == 0, error);
            using var document = JsonDocument.Parse(output);
            return document.RootElement.GetProperty("tls").GetProperty("resumed").GetBoolean();
        }
    }

    [Fact]
    public async Task BrokenSessionFile_IsAnEmptyOneAndAWarning()
    {
        await using ChildProcess serve = await ServeAsync("--early-data", "4096", "--fast-open", "off");
        await VisitAsync("--fast-open", "off");
        byte[] bytes = await File.ReadAllBytesAsync(SessionFile);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(SessionFile, bytes);
        (int exitCode, byte[] output, string error) = await Synhello.RunAsync(
            "get", $"https://{_endPoint}/", "--cacert", Identity.RootFile, "--session-file", SessionFile, "--fast-open", "off");
        Assert.Equal(0, exitCode);
        Assert.Contains("Session: new", Encoding.UTF8.GetString(output));
        string line = Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("synhello: warning: ", line);
        Assert.True((await VisitAsync("--fast-open", "off")).GetProperty("tls").GetProperty("resumed").GetBoolean());
    }

    /// <summary>The same request again, on the same connection or on another, once, and not early.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_AsksAgainAfter425(bool keepAlive)
    {
        await using var server = new HesitantServer(_endPoint, keepAlive);
        await VisitAsync("--fast-open", "off");
        Assert.Equal(["late"], server.Requests);
        (int exitCode, byte[] output, string error) = await Synhello.RunAsync(
            "get", $"https://{_endPoint}/", "--cacert", Identity.RootFile, "--early-data", "--session-file", SessionFile,
            "--fast-open", "off");
        Assert.True(exitCode == 0, error);
        Assert.Equal("done", Encoding.UTF8.GetString(output));
        Assert.Equal("", error);
        Assert.Equal(["late", "early", "late"], server.Requests);
        Assert.Equal(keepAlive ? 2 : 3, server.Connections);
    }

    private static void AssertAccount(JsonElement account, bool resumed, string earlyData, int requestSent)
    {
        Assert.Equal(200, account.GetProperty("status").GetInt32());
        Assert.Equal(resumed, account.GetProperty("tls").GetProperty("resumed").GetBoolean());
        Assert.Equal(earlyData, account.GetProperty("tls").GetProperty("earlyData").GetString());
        Assert.Equal(requestSent, account.GetProperty("roundTrips").GetProperty("requestSent").GetInt32());
        Assert.Equal(requestSent + 1, account.GetProperty("roundTrips").GetProperty("firstByte").GetInt32());
    }

    private Task<JsonElement> VisitAsync(params string[] options) =>
        Synhello.GetJsonAsync($"https://{_endPoint}/", ["--early-data", "--session-file", SessionFile, .. options]);

    private Task<ChildProcess> ServeAsync(params string[] options) =>
        Synhello.ServeAsync(_endPoint, Identity.For(_endPoint.Address), options);
}
