using FsCheck;
using FsCheck.Fluent;

using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Messages with octets changed, under the right keys, and bytes of no meaning: the engine gives up with a
/// cause or goes on. Any
/// other exception comes through and fails the test.
/// </summary>
public sealed class MutationTests
{
    private static readonly Config _many = Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(250);

    [Fact]
    public void Server_TakesOrRefusesAnyClientHello() => Check(edits =>
    {
        using var client = new HostileClient();
        HelloParts hello = client.Hello()
            .With(0, 0, 6, 0, 0, 3, (byte)'a', (byte)'.', (byte)'b')
            .With(28, 0x40, 1)
            .With(16, 0, 3, 2, (byte)'h', (byte)'2')
            .With(42)
            .With(45, 1, 1);
        client.Victim.Deliver(Octets.Record(22, Edit(hello.ToMessage(), edits)));
    });

    [Fact]
    public void Server_TakesOrRefusesAnySecondClientHello() => Check(edits =>
    {
        using var client = new HostileClient();
        client.SendHelloThatIsRetried();
        client.Victim.Deliver(Octets.Record(22, Edit(client.SecondHello().ToMessage(), edits)));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Client_TakesOrRefusesAnyServerHello(bool retry) => Check(edits =>
    {
        using var server = new HostileServer();
        HelloParts hello = retry ? server.Retry().With(44, 0, 2, 1, 2) : server.Hello();
        server.Victim.Deliver(Octets.Record(22, Edit(hello.ToMessage(), edits)));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Client_TakesOrRefusesAnyFlight(int which) => Check(edits =>
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        byte[][] flight =
        [
            server.EncryptedExtensions((0, []), (10, [0, 2, 0, 29])), server.Request(), server.Certificate(),
            server.CertificateVerify(), server.Finished(),
        ];
        byte[] right = flight[which];
        flight[which] = Edit(right, edits);
        server.Victim.Deliver(server.Seal([.. flight.SelectMany(message => message), ContentType.Handshake.Value]));

        // The transcript covers every octet: with any of them changed there is no handshake.
        Assert.Equal(flight[which].SequenceEqual(right), server.Victim.Engine.IsHandshakeComplete);
    });

    [Fact]
    public void Engines_TakeOrRefuseAnyBytes()
    {
        Prop.ForAll<byte[], bool>((bytes, looksLikeTls) =>
        {
            byte[] input = looksLikeTls ? [22, 3, 1, 0, (byte)bytes.Length, .. bytes] : bytes;
            using var client = new HostileClient();
            client.Victim.Deliver(input);
            using var server = new HostileServer();
            server.Victim.Deliver(input);
            return true;
        }).Check(_many.WithMaxTest(2_000));
    }

    private static byte[] Edit(byte[] message, (int Position, byte Value)[] edits)
    {
        byte[] copy = [.. message];
        foreach ((int position, byte value) in edits)
            copy[position % copy.Length] = value;
        return copy;
    }

    private static void Check(Action<(int Position, byte Value)[]> run)
    {
        Gen<(int Position, byte Value)[]> edits = (
            from position in Gen.Choose(0, 2000)
            from value in Gen.OneOf(Gen.Choose(0, 255), Gen.Elements(0, 1, 255))
            select (position, (byte)value)).NonEmptyListOf().Select(list => list.Take(3).ToArray());
        Prop.ForAll(edits.ToArbitrary(), list =>
        {
            run(list);
            return true;
        }).Check(_many);
    }
}
