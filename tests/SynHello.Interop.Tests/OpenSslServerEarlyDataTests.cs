using System.Net;
using System.Text;

using SynHello.Tls;

namespace SynHello.Interop.Tests;

/// <summary>Our client comes back to openssl s_server.</summary>
public sealed class OpenSslServerEarlyDataTests
{
    private const string Early = "the early request\n";

    private static readonly Dictionary<string, EarlyDataStatus> _outcomes = new()
    {
        ["No early data received"] = EarlyDataStatus.None,
        ["Early data received:"] = EarlyDataStatus.Accepted,
        ["Early data was rejected"] = EarlyDataStatus.Rejected,
    };

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256")]
    public async Task Client_IsTakenAtItsEarlyWord(string suite)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, "-ciphersuites", suite);
        var client = new ReturningClient(endPoint);
        await VisitAsync(client, server);

        await using SecureStream stream = await client.ConnectAsync(Early);
        ReturningClient.AssertAccepted(stream.Report, Early);
        Assert.Equal(suite, stream.Report.CipherSuite.ToString());
        await TalkAsync(stream, server, "second visit");

        await AssertEarlyDataAsync(server, EarlyDataStatus.None, EarlyDataStatus.Accepted);
        Assert.Equal(1, Count(server, Early));
    }

    [Fact]
    public async Task Client_SendsAsMuchAsTheServerTakes()
    {
        string early = new string('x', 16_383) + "\n";
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint);
        var client = new ReturningClient(endPoint);
        await VisitAsync(client, server);

        await using (SecureStream stream = await client.ConnectAsync(early))
        {
            ReturningClient.AssertAccepted(stream.Report, early);
            await TalkAsync(stream, server, "second visit");
        }

        Assert.Equal(1, Count(server, early));

        // One more is more than the session allows, and goes after the handshake.
        await using SecureStream other = await client.ConnectAsync("y" + early);
        Assert.Equal(EarlyDataReason.LongerThanSessionAllows, other.Report.EarlyDataReason);
        Assert.True(other.Report.IsResumed);
        await TalkAsync(other, server, "third visit");
        Assert.Equal(1, Count(server, "y" + early));
        await AssertEarlyDataAsync(server, EarlyDataStatus.None, EarlyDataStatus.Accepted, EarlyDataStatus.None);
    }

    [Fact]
    public async Task SessionUsedTwice_IsRefused_AndTheBytesGoOnceAfterTheHandshake()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint);
        var client = new ReturningClient(endPoint);
        await VisitAsync(client, server);
        await using (SecureStream stream = await client.ConnectAsync("the first use\n"))
            await TalkAsync(stream, server, "second visit");

        client.Sessions.GivesLastAgain = true;
        await using SecureStream refused = await client.ConnectAsync(Early);
        await TalkAsync(refused, server, "third visit");

        ReturningClient.AssertRejected(refused.Report, EarlyDataReason.RejectedByServer, isResumed: false);
        Assert.Equal(2, refused.Report.RoundTripsUntilRequest);
        Assert.Equal(1, Count(server, Early));
        Assert.Equal(1, Count(server, "the first use\n"));
        await AssertEarlyDataAsync(server, EarlyDataStatus.None, EarlyDataStatus.Accepted, EarlyDataStatus.Rejected);
    }

    [Fact]
    public async Task ServerWithoutEarlyData_SkipsIt_AndIsSentTheBytesOnce()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var client = new ReturningClient(endPoint);
        await using (ChildProcess before = await StartAsync(endPoint))
        {
            await VisitAsync(client, before);
            before.Terminate();
            await before.ExitAsync();
        }

        await using ChildProcess server = await StartPlainAsync(endPoint);
        await using SecureStream stream = await client.ConnectAsync(Early);
        await TalkAsync(stream, server, "second visit");

        ReturningClient.AssertRejected(stream.Report, EarlyDataReason.RejectedByServer, isResumed: false);
        Assert.Equal(1, Count(server, Early));
    }

    /// <summary>
    /// With its protection from replays the server takes a session out of its cache as soon as it is offered, and finds
    /// it no more when the hello comes again.
    /// </summary>
    [Theory]
    [InlineData("-anti_replay", false)]
    [InlineData("-no_anti_replay", true)]
    public async Task HelloRetryRequest_SendsTheBytesOnceAfterTheHandshake(string option, bool isResumed)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, "-groups", "P-256", option);
        var client = new ReturningClient(endPoint);
        await VisitAsync(client, server);

        await using SecureStream stream = await client.ConnectAsync(Early);
        await TalkAsync(stream, server, "second visit");

        ReturningClient.AssertRejected(stream.Report, EarlyDataReason.HelloRetryRequested, isResumed);
        Assert.Equal(3, stream.Report.RoundTripsUntilRequest);
        Assert.Equal("secp256r1", stream.Report.Group.ToString());
        Assert.Equal(1, Count(server, Early));
        await AssertEarlyDataAsync(server, EarlyDataStatus.None, EarlyDataStatus.Rejected);
    }

    private static Task<ChildProcess> StartAsync(IPEndPoint endPoint, params string[] options) =>
        StartPlainAsync(endPoint, ["-early_data", "-max_early_data", "16384", .. options]);

    private static async Task<ChildProcess> StartPlainAsync(IPEndPoint endPoint, params string[] options)
    {
        var identity = Identity.For(endPoint.Address);
        var server = ChildProcess.Start(
            "openssl",
            [
                "s_server", "-accept", $"{endPoint}", "-tls1_3",
                "-cert", identity.CertificateFile, "-key", identity.KeyFile, .. options,
            ]);
        await server.WaitForAsync("ACCEPT");
        return server;
    }

    private static async Task VisitAsync(ReturningClient client, ChildProcess server)
    {
        await using SecureStream stream = await client.ConnectAsync();
        Assert.False(stream.Report.IsResumed);
        await TalkAsync(stream, server, "first visit");
        Assert.NotEmpty(client.Sessions.All);
    }

    /// <summary>
    /// A line each way. The server reads lines of its input while it is connected, so the answer is typed when the
    /// client's line has come.
    /// </summary>
    private static async Task TalkAsync(SecureStream stream, ChildProcess server, string line)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line}\n"));
        await server.WaitForLineAsync(printed => printed == line);
        await server.WriteLineAsync($"answer to {line}");
        using var reader = new StreamReader(stream, leaveOpen: true);
        Assert.Equal($"answer to {line}", await reader.ReadLineAsync().WaitAsync(ChildProcess.Patience));
    }

    /// <summary>Waits until the server has said of each connection, in order, what it did with early data.</summary>
    private static async Task AssertEarlyDataAsync(ChildProcess server, params EarlyDataStatus[] outcomes)
    {
        await server.WaitForLineAsync(_ => Said().Count() == outcomes.Length);
        Assert.Equal(outcomes, Said());

        IEnumerable<EarlyDataStatus> Said() => server.Lines
            .Where(_outcomes.ContainsKey)
            .Select(line => _outcomes[line]);
    }

    private static int Count(ChildProcess server, string early) => server.Lines.Count(line => line == early.TrimEnd('\n'));
}
