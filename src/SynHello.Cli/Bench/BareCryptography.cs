using System.Diagnostics;
using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>What the public-key operations of a pair of handshakes cost by themselves.</summary>
internal static class BareCryptography
{
    private const int Rounds = 400;

    /// <summary>Two key pairs, two agreements, a signature and its verification: x25519 and ECDSA P-256.</summary>
    public static double HandshakePairMicroseconds()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] message = new byte[130];
        return Measure(() =>
        {
            AgreeOnSecrets();
            byte[] signature = key.SignData(message, HashAlgorithmName.SHA256);
            if (!key.VerifyData(message, signature, HashAlgorithmName.SHA256))
                throw new UnreachableException();
        });
    }

    /// <summary>Two key pairs and two agreements, x25519: all that is left where a session is resumed.</summary>
    public static double ResumptionPairMicroseconds() => Measure(AgreeOnSecrets);

    private static void AgreeOnSecrets()
    {
        DefaultCryptoProvider provider = DefaultCryptoProvider.Instance;
        Span<byte> secret = stackalloc byte[32];
        using KeyExchange client = provider.CreateKeyExchange(provider.Groups[0]);
        using KeyExchange server = provider.CreateKeyExchange(provider.Groups[0]);
        client.DeriveSharedSecret(server.PublicKey, secret[..client.SharedSecretLength]);
        server.DeriveSharedSecret(client.PublicKey, secret[..server.SharedSecretLength]);
    }

    private static double Measure(Action operation)
    {
        for (int i = 0; i < Rounds; i++)
            operation();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Rounds; i++)
            operation();
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rounds;
    }
}
