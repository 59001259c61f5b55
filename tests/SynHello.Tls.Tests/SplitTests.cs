using FsCheck;
using FsCheck.Fluent;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>However the transport cuts the bytes, both sides send the same and read the same.</summary>
public sealed class SplitTests
{
    private static readonly CachingCredential _credential = new(Engines.Credential());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryByteAlone_GivesTheSame(bool retry)
    {
        Outcome whole = Run(bytes => [bytes], retry);
        Assert.Equal(whole, Run(bytes => bytes.Select(value => (byte[])[value]), retry));
        Assert.Equal(whole, Run(bytes => bytes.Chunk(2), retry));
        Assert.Equal(whole, Run(bytes => bytes.Chunk(1460), retry));
        Assert.Contains("HandshakeCompleted", whole.Events, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnySplit_GivesTheSame(bool retry)
    {
        Outcome whole = Run(bytes => [bytes], retry);
        Prop.ForAll(Gen.Choose(1, 400).NonEmptyListOf().ToArbitrary(), sizes =>
            Run(bytes => Cut(bytes, [.. sizes]), retry) == whole)
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(60));
    }

    /// <summary>Both halves of every single cut of the server's first flight.</summary>
    [Fact]
    public void EveryCutOfTheFirstFlight_GivesTheSame()
    {
        Outcome whole = Run(bytes => [bytes], retry: false);
        for (int at = 1; at < 900; at += 7)
            Assert.Equal(whole, Run(bytes => at < bytes.Length ? [bytes[..at], bytes[at..]] : [bytes], retry: false));
    }

    /// <summary>A refusal is the same too, and so are the alert's bytes.</summary>
    [Fact]
    public void ARefusal_IsTheSameForEverySplit()
    {
        Outcome whole = Run(bytes => [bytes], retry: false, damage: true);
        Assert.Contains("BadRecordMac", whole.Failures, StringComparison.Ordinal);
        Assert.Equal(whole, Run(bytes => bytes.Select(value => (byte[])[value]), retry: false, damage: true));
        Assert.Equal(whole, Run(bytes => bytes.Chunk(3), retry: false, damage: true));
    }

    private static Outcome Run(Func<byte[], IEnumerable<byte[]>> split, bool retry, bool damage = false)
    {
        byte[] entropy = Engines.Pattern(400, 7);
        NamedGroup[] clientGroups = [NamedGroup.X25519, NamedGroup.Secp256r1];
        using var pair = new EnginePair(
            new TlsClientConfiguration(new ScriptedCryptoProvider(entropy)) { Groups = clientGroups },
            new TlsServerConfiguration(new ScriptedCryptoProvider(entropy.AsMemory(100)), [_credential])
            {
                Groups = retry ? [NamedGroup.Secp256r1] : clientGroups,
            });
        pair.Split = split;
        if (damage)
            pair.TamperServer = bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];
        pair.Handshake();
        if (pair.Client.Failure is null)
        {
            pair.Client.Send(Engines.Pattern(700, 3));
            pair.Server.Send(Engines.Pattern(900, 5));
            pair.Pump();
            pair.Server.Engine.UpdateKey(requestPeer: true, pair.Server.Output);
            pair.Pump();
            pair.Client.Send(Engines.Pattern(20, 11));
            pair.Client.Engine.SendCloseNotify(pair.Client.Output);
            pair.Pump();
            pair.Server.Engine.SendCloseNotify(pair.Server.Output);
            pair.Pump();
        }

        return new Outcome(
            Convert.ToHexString(pair.Client.Sent),
            Convert.ToHexString(pair.Server.Sent),
            Convert.ToHexString(pair.Client.Plaintext),
            Convert.ToHexString(pair.Server.Plaintext),
            string.Join(' ', pair.Client.Events) + " / " + string.Join(' ', pair.Server.Events),
            $"{pair.Client.Failure?.Cause} / {pair.Server.Failure?.Cause} {pair.Server.Failure?.PeerAlert}");
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes, int[] sizes)
    {
        int position = 0;
        for (int i = 0; position < bytes.Length; i++)
        {
            int size = Math.Min(sizes[i % sizes.Length], bytes.Length - position);
            yield return bytes[position..(position + size)];
            position += size;
        }
    }

    private sealed record Outcome(
        string ClientSent,
        string ServerSent,
        string ClientRead,
        string ServerRead,
        string Events,
        string Failures);
}
