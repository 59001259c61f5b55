using FsCheck;
using FsCheck.Fluent;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Messages of TLS 1.2 with octets changed: the engine gives up with a cause or goes on, and never gets to an end.</summary>
public sealed class Tls12MutationTests
{
    private static readonly Config _many = Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(250);

    [Fact]
    public void Server_TakesOrRefusesAnyClientHello() => Check(edits =>
    {
        using var client = new Tls12HostileClient();
        HelloParts hello = Tls12HostileClient.Hello()
            .With(0, 0, 6, 0, 0, 3, (byte)'a', (byte)'.', (byte)'b')
            .With(28, 0x40, 0)
            .With(16, 0, 3, 2, (byte)'h', (byte)'2')
            .With(35, 1, 2, 3)
            .With(0xff01, 0);
        client.Victim.Deliver(Octets.Record(22, Edit(hello.ToMessage(), edits)));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Client_TakesOrRefusesAnyFlight(int which) => Check(edits =>
    {
        using var server = new Tls12HostileServer();
        byte[][] flight =
        [
            server.Start(server.Hello().ToMessage()), server.Certificate(), server.ServerKeyExchange(),
            server.CertificateRequest(), server.HelloDone(),
        ];
        byte[] right = flight[which];
        flight[which] = Edit(right, edits);
        server.Victim.Deliver(Octets.Record(22, [.. flight.SelectMany(message => message)]));
        if (server.Victim.Failure is not null)
            return;

        // The master secret is bound to every octet: with any of them changed nobody can read on.
        Assert.False(server.Victim.Engine.IsHandshakeComplete);
        if (!flight[which].SequenceEqual(right))
            return;
        server.Raw();
        server.ChangeCipherSpec();
        if (server.Victim.Failure is null)
            server.Victim.Deliver(server.Seal(ContentType.Handshake, server.Finished()));
        Assert.True(server.Victim.Engine.IsHandshakeComplete);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Server_TakesOrRefusesAnySecondFlight(bool isCertificate) => Check(edits =>
    {
        using var client = new Tls12HostileClient(Tls12Engines.Server(clientCertificates: TlsClientCertificateMode.Requested));
        client.SendHello(Tls12HostileClient.Hello());
        byte[][] flight =
        [
            client.Certificate(Engines.Credential()),
            client.ClientKeyExchange(),
            client.CertificateVerify(Engines.Credential(), SignatureScheme.EcdsaSecp256r1Sha256),
        ];
        int which = isCertificate ? 2 : 1;
        byte[] right = flight[which];
        flight[which] = Edit(right, edits);
        client.Victim.Deliver(Octets.Record(22, [.. flight.SelectMany(message => message)]));
        if (client.Victim.Failure is not null)
            return;
        client.ChangeCipherSpec();
        if (client.Victim.Failure is null)
            client.Victim.Deliver(client.Seal(ContentType.Handshake, client.Finished()));
        Assert.Equal(flight[which].SequenceEqual(right), client.Victim.Engine.IsHandshakeComplete);
    });

    [Fact]
    public void Server_TakesOrRefusesAnySessionOfACache() => Check(edits =>
    {
        var setup = new Tls12ResumptionSetup { GivesTickets = false };
        TlsSession session = setup.Visit();
        string id = setup.Cache.Sessions.Keys.Single();
        byte[] right = setup.Cache.Sessions[id];
        setup.Cache.Sessions[id] = Edit(right, edits);
        using EnginePair pair = setup.Return(session);
        Engines.AssertConnected(pair);
        Assert.Equal(setup.Cache.Sessions[id].SequenceEqual(right), pair.Client.Engine.Negotiated.IsResumed);
    }, tests: 40);

    private static byte[] Edit(byte[] message, (int Position, byte Value)[] edits)
    {
        byte[] copy = [.. message];
        foreach ((int position, byte value) in edits)
            copy[position % copy.Length] = value;
        return copy;
    }

    private static void Check(Action<(int Position, byte Value)[]> run, int tests = 250)
    {
        Gen<(int Position, byte Value)[]> edits = (
            from position in Gen.Choose(0, 2000)
            from value in Gen.OneOf(Gen.Choose(0, 255), Gen.Elements(0, 1, 255))
            select (position, (byte)value)).NonEmptyListOf().Select(list => list.Take(3).ToArray());
        Prop.ForAll(edits.ToArbitrary(), list =>
        {
            run(list);
            return true;
        }).Check(_many.WithMaxTest(tests));
    }
}
