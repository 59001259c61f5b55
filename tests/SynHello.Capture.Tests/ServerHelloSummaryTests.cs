using System.Security.Authentication;

namespace SynHello.Capture.Tests;

public sealed class ServerHelloSummaryTests
{
    [Fact]
    public void TryRead_TellsWhatTheServerChose()
    {
        Assert.Equal(new ServerHelloSummary(SslProtocols.Tls13, false, false), Read(Tls.ServerHello13()));
        Assert.Equal(new ServerHelloSummary(SslProtocols.Tls13, false, true), Read(Tls.ServerHello13Resumed()));
        Assert.Equal(new ServerHelloSummary(SslProtocols.Tls13, true, false), Read(Tls.HelloRetryRequest()));
        Assert.Equal(new ServerHelloSummary(SslProtocols.Tls12, false, false), Read(Tls.ServerHello12()));
        Assert.Equal(
            new ServerHelloSummary(SslProtocols.Tls13, false, true),
            Read([.. Tls.ServerHello13Resumed(), .. Tls.ChangeCipherSpec(), .. Tls.Data(63)]));
    }

    [Fact]
    public void TryRead_NeedsTheWholeServerHello()
    {
        byte[] hello = Tls.ServerHello13Resumed();
        for (int length = 0; length < hello.Length; length++)
            Assert.Null(Read(hello[..length]));
    }

    [Fact]
    public void TryRead_RefusesWhatBeginsWithNoServerHello()
    {
        Assert.Null(Read(Tls.ClientHello()));
        Assert.Null(Read(Tls.Data(500)));
        Assert.Null(Read(Tls.Record(22, [])));
        Assert.Null(Read(Tls.Record(22, [2, 0, 0, 0])));
        Assert.Null(Read(Tls.Record(22, [2, 0xFF, 0xFF, 0xFF, 3, 3])));
        Assert.Null(Read("HTTP/1.1 400 Bad Request"u8.ToArray()));
    }

    [Fact]
    public void TryReadTls12Resumption_LooksAtWhatFollows()
    {
        byte[] hello = Tls.ServerHello12();
        AssertResumes(null, hello);
        AssertResumes(null, [.. hello, .. Tls.ChangeCipherSpec()[..5]]);
        AssertResumes(true, [.. hello, .. Tls.ChangeCipherSpec()]);
        AssertResumes(true, [.. hello, .. Tls.Handshake(4, 10)]);
        AssertResumes(false, [.. hello, .. Tls.Handshake(11, 10)]);

        // Both in one record.
        byte[] message = hello[5..];
        AssertResumes(false, Tls.Record(22, [.. message, .. Tls.Message(11, new byte[3])]));
        AssertResumes(true, Tls.Record(22, [.. message, .. Tls.Message(4, new byte[3])]));
        for (int length = 0; length < hello.Length; length++)
            AssertResumes(null, hello[..length]);

        static void AssertResumes(bool? expected, byte[] stream) =>
            Assert.Equal(expected, ServerHelloSummary.TryReadTls12Resumption(stream, out bool isResumed) ? isResumed : null);
    }

    private static ServerHelloSummary? Read(byte[] stream) =>
        ServerHelloSummary.TryRead(stream, out ServerHelloSummary summary) ? summary : null;
}
