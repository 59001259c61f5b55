using System.Diagnostics;
using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>What the public-key operations of a pair of handshakes cost by themselves.</summary>
internal static class BareCryptography
{
    /// <summary>Two key pairs, two agreements, a signature and its verification: x25519 and ECDSA P-256.</summary>
    public static double HandshakePairMicroseconds()
    {
        const int Rounds = 400;
        DefaultCryptoProvider provider = DefaultCryptoProvider.Instance;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] message = new byte[130];
        byte[] secret = new byte[32];
        long start = 0;
        for (int i = -Rounds; i < Rounds; i++)
        {
            if (i == 0)
                start = Stopwatch.GetTimestamp();
            using KeyExchange client = provider.CreateKeyExchange(provider.Groups[0]);
            using KeyExchange server = provider.CreateKeyExchange(provider.Groups[0]);
            client.DeriveSharedSecret(server.PublicKey, secret.AsSpan(0, client.SharedSecretLength));
            server.DeriveSharedSecret(client.PublicKey, secret.AsSpan(0, server.SharedSecretLength));
            byte[] signature = key.SignData(message, HashAlgorithmName.SHA256);
            if (!key.VerifyData(message, signature, HashAlgorithmName.SHA256))
                throw new UnreachableException();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Rounds;
    }
}
