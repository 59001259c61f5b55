using System.Net;
using System.Text;

using SynHello.Tls;

namespace SynHello.Interop.Tests;

/// <summary>Our client, which visits one server again and again.</summary>
internal sealed class ReturningClient
{
    private readonly IPEndPoint _endPoint;
    private readonly SecureClient _client;

    public ReturningClient(IPEndPoint endPoint, Action<SecureClientOptions>? configure = null)
    {
        _endPoint = endPoint;
        var options = new SecureClientOptions { TrustedRoots = [Identity.Root], SessionStore = Sessions };
        configure?.Invoke(options);
        _client = new SecureClient(options);
    }

    public ObservedSessions Sessions { get; } = new();

    /// <summary>Connects, and sends the text early if that can be.</summary>
    public async Task<SecureStream> ConnectAsync(string earlyData = "") => await _client
        .ConnectAsync(_endPoint, Identity.Host, Encoding.ASCII.GetBytes(earlyData))
        .AsTask().WaitAsync(ChildProcess.Patience);

    /// <summary>Gets a page of a web server that closes after it, and returns all that it said.</summary>
    public async Task<(HandshakeReport Report, string Response)> GetAsync(string path)
    {
        await using SecureStream stream = await ConnectAsync(Request(path));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return (stream.Report, await reader.ReadToEndAsync().WaitAsync(ChildProcess.Patience));
    }

    public static string Request(string path) =>
        $"GET {path} HTTP/1.1\r\nHost: {Identity.Host}\r\nConnection: close\r\n\r\n";

    /// <summary>Asserts that the bytes were early data, and taken.</summary>
    public static void AssertAccepted(HandshakeReport report, string earlyData)
    {
        Assert.Equal((EarlyDataStatus.Accepted, EarlyDataReason.None), (report.EarlyData, report.EarlyDataReason));
        Assert.True(report.IsResumed);
        Assert.True(report.EarlyDataSent);
        Assert.Equal(earlyData.Length, report.EarlyDataBytes);
    }

    /// <summary>Asserts that the bytes were early data, not taken, and sent again.</summary>
    public static void AssertRejected(HandshakeReport report, EarlyDataReason reason, bool isResumed)
    {
        Assert.Equal((EarlyDataStatus.Rejected, reason), (report.EarlyData, report.EarlyDataReason));
        Assert.Equal(isResumed, report.IsResumed);
        Assert.Equal(reason == EarlyDataReason.HelloRetryRequested, report.HelloRetryRequested);
        Assert.True(report.EarlyDataSent);
    }
}
