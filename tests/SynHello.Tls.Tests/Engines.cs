using System.Net.Security;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Configurations and pairs that most tests start from.</summary>
internal static class Engines
{
    public static readonly NamedGroup[] Groups = [NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1];

    public static readonly CipherSuite[] Suites =
        [CipherSuite.TlsAes128GcmSha256, CipherSuite.TlsAes256GcmSha384, CipherSuite.TlsChaCha20Poly1305Sha256];

    public static TlsCredential Credential(CertificateKind kind = CertificateKind.EcdsaP256) =>
        TestCertificates.Shared(kind).ToCredential();

    public static TlsClientConfiguration Client() => new(DefaultCryptoProvider.Instance);

    public static TlsServerConfiguration Server() => new(DefaultCryptoProvider.Instance, [Credential()]);

    /// <summary>A client that has to be asked for the server's group, and a server that has only that one.</summary>
    public static EnginePair RetryingPair(bool compatibility = true) => new(
        new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            Groups = [NamedGroup.X25519, NamedGroup.Secp384r1],
            MiddleboxCompatibility = compatibility,
        },
        new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Credential()]) { Groups = [NamedGroup.Secp384r1] });

    public static EnginePair Connected(TlsClientConfiguration? client = null, TlsServerConfiguration? server = null)
    {
        EnginePair pair = new EnginePair(client ?? Client(), server ?? Server()).Handshake();
        AssertConnected(pair);
        return pair;
    }

    public static void AssertConnected(EnginePair pair)
    {
        Assert.Null(pair.Client.Failure);
        Assert.Null(pair.Server.Failure);
        Assert.True(pair.Client.Engine.IsHandshakeComplete);
        Assert.True(pair.Server.Engine.IsHandshakeComplete);
    }

    /// <summary>Sends both ways and checks what arrives.</summary>
    public static void AssertTalks(EnginePair pair, int length = 1000)
    {
        byte[] up = Pattern(length, 3), down = Pattern(length, 5);
        int clientHad = pair.Client.Plaintext.Length, serverHad = pair.Server.Plaintext.Length;
        pair.Client.Send(up);
        pair.Server.Send(down);
        pair.Pump();
        Assert.Null(pair.Client.Failure);
        Assert.Null(pair.Server.Failure);
        Assert.True(pair.Server.Plaintext[serverHad..].SequenceEqual(up));
        Assert.True(pair.Client.Plaintext[clientHad..].SequenceEqual(down));
    }

    public static byte[] Pattern(int length, int seed)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)((i * seed) + (i >> 8));
        return bytes;
    }

    public static SslApplicationProtocol[] Protocols(params string[] names) =>
        [.. names.Select(name => new SslApplicationProtocol(name))];
}
