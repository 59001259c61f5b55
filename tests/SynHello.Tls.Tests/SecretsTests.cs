using SynHello.Testing;

namespace SynHello.Tls.Tests;

/// <summary>Secrets are gone once nothing needs them.</summary>
public sealed class SecretsTests
{
    [Fact]
    public void Handshake_LeavesNoHandshakeSecretBehind()
    {
        using var pair = new EnginePair(Engines.Client(), Engines.Server());
        pair.Client.AnswersVerdicts = false;
        pair.Handshake();
        var client = (ClientContext)Inside.ContextOf(pair.Client.Engine);
        var server = (ServerContext)Inside.ContextOf(pair.Server.Engine);
        byte[] handshakeSecret = Inside.Field<byte[]>(client.Keys!, "_current");
        byte[] clientRead = Inside.Field<byte[]>(Inside.ReadProtectionOf(pair.Client.Engine)!, "_secret");
        byte[] clientWrite = Inside.Field<byte[]>(Inside.WriteProtectionOf(pair.Client.Engine)!, "_secret");
        byte[] serverRead = Inside.Field<byte[]>(Inside.ReadProtectionOf(pair.Server.Engine)!, "_secret");
        byte[][] secrets =
            [handshakeSecret, clientRead, clientWrite, serverRead, client.ClientHandshakeSecret,
                server.ClientApplicationSecret];
        Assert.All(secrets, AssertNotZero);
        Assert.Empty(client.KeyExchanges); // the private keys went with the ServerHello

        pair.ClientEngine.AcceptCertificate();
        pair.Client.Drive();
        pair.Pump();
        Engines.AssertConnected(pair);
        Assert.All(secrets, AssertZero);
        Assert.Null(client.ServerKey);
        AssertZero(Inside.Field<byte[]>(server.Keys!, "_current"));
        Assert.Equal(0, Inside.HandshakeBytesOf(pair.Client.Engine).Length);
        Assert.Equal(0, client.Flight.Length);
        Assert.Equal(0, server.Flight.Length);
    }

    [Fact]
    public void KeyUpdate_LeavesNoOldKeyBehind()
    {
        using EnginePair pair = Engines.Connected();
        RecordProtection write = Inside.WriteProtectionOf(pair.Client.Engine)!;
        RecordProtection read = Inside.ReadProtectionOf(pair.Server.Engine)!;
        pair.Client.Engine.UpdateKey(requestPeer: false, pair.Client.Output);
        pair.Pump();
        foreach (RecordProtection old in new[] { write, read })
        {
            AssertZero(Inside.Field<byte[]>(old, "_secret"));
            AssertZero(Inside.Field<byte[]>(old, "_iv"));
        }

        Engines.AssertTalks(pair);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispose_ClearsWhatIsLeft(bool withinTheHandshake)
    {
        var pair = new EnginePair(Engines.Client(), Engines.Server());
        pair.Client.AnswersVerdicts = !withinTheHandshake;
        pair.Handshake();
        var secrets = new List<byte[]>();
        foreach (EngineEnd end in new[] { pair.Client, pair.Server })
        {
            foreach (RecordProtection? protection in new[]
                     { Inside.ReadProtectionOf(end.Engine), Inside.WriteProtectionOf(end.Engine) })
            {
                secrets.Add(Inside.Field<byte[]>(protection!, "_secret"));
                secrets.Add(Inside.Field<byte[]>(protection!, "_iv"));
            }
        }

        KeySchedule clientKeys = Inside.ContextOf(pair.Client.Engine).Keys!;
        KeySchedule serverKeys = Inside.ContextOf(pair.Server.Engine).Keys!;
        secrets.Add(Inside.Field<byte[]>(clientKeys, withinTheHandshake ? "_current" : "_exporter"));
        secrets.Add(Inside.Field<byte[]>(serverKeys, "_exporter"));
        if (withinTheHandshake)
        {
            secrets.Add(((ClientContext)Inside.ContextOf(pair.Client.Engine)).ClientHandshakeSecret);
            secrets.Add(((ServerContext)Inside.ContextOf(pair.Server.Engine)).ClientApplicationSecret);
        }

        Assert.All(secrets, AssertNotZero);
        pair.Dispose();
        Assert.All(secrets, AssertZero);
    }

    private static void AssertZero(byte[] secret) => Assert.All(secret, octet => Assert.Equal(0, octet));

    private static void AssertNotZero(byte[] secret) => Assert.Contains(secret, octet => octet != 0);
}
