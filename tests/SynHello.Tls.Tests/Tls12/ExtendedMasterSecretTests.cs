using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>The master secret is bound to the handshake (RFC 7627), unless somebody says that it need not be.</summary>
public sealed class ExtendedMasterSecretTests
{
    [Fact]
    [Refuses(TlsErrorCause.ExtendedMasterSecretMissing)]
    public void Server_RefusesAClientWithoutIt()
    {
        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello().Without(23));
        client.AssertRefused(TlsErrorCause.ExtendedMasterSecretMissing, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.ExtendedMasterSecretMissing)]
    public void Client_RefusesAServerWithoutIt()
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello().Without(23));
        server.AssertRefused(TlsErrorCause.ExtendedMasterSecretMissing, isProtected: false);
    }

    [Fact]
    public void WithoutIt_NothingIsExportedOrKept()
    {
        var clock = new FakeTimeProvider();
        var cache = new TestSessionCache();
        var resumption = new TlsServerResumption(new TestTicketProtector(), clock) { SessionCache = cache };
        using var pair = new EnginePair(
            Tls12Engines.Client(Tls12Engines.Only, clock, requireExtendedMasterSecret: false),
            Tls12Engines.Server(resumption: resumption, requireExtendedMasterSecret: false))
        {
            // Neither side asks for it: the extension's type becomes one that nobody knows, in the hello alone.
            TamperClient = bytes => bytes[5] == 1 ? Rename(bytes) : bytes,
        };

        // With the transcript changed the handshake cannot end; but what was decided can be seen.
        pair.Handshake();
        Assert.False(Inside.ContextOf(pair.Client.Engine).Tls12Keys!.IsExtended);
        Assert.False(Inside.ContextOf(pair.Server.Engine).Tls12Keys!.IsExtended);
        Assert.Empty(cache.Sessions);
        Tls12ServerHello hello = Tls12ServerHello.Parse(
            RecordReader.Split(pair.Server.Sent)[0].Record.AsSpan(9, HelloLength(pair.Server.Sent)),
            new ExtensionSet(ulong.MaxValue));
        Assert.True(hello.SessionId.IsEmpty);
        Assert.False(hello.Present.Contains(ExtensionType.SessionTicket));
        Assert.Throws<InvalidOperationException>(
            () => Inside.ContextOf(pair.Server.Engine).Tls12Keys!.Export("EXPORTER-a", [], new byte[16]));

        static byte[] Rename(byte[] bytes)
        {
            byte[] copy = [.. bytes];
            int at = copy.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 23, 0, 0]);
            copy[at] = 0x7a;
            return copy;
        }
    }

    private static int HelloLength(ReadOnlySpan<byte> sent) => (sent[6] << 16) | (sent[7] << 8) | sent[8];
}
