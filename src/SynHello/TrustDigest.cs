using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SynHello;

/// <summary>
/// What decides whom a client trusts, in 32 bytes: two clients with the same digest come to the same verdict on a
/// chain. Timeouts are left out, because they decide only how long a verdict may take.
/// </summary>
internal static class TrustDigest
{
    /// <summary>The digest in hexadecimal.</summary>
    /// <param name="policy">The policy as it is applied.</param>
    /// <param name="name">What the caller says that the callback stands for.</param>
    /// <param name="hasCallback">
    /// Whether there is one: without a name nobody can tell what it does, and the digest is like no other.
    /// </param>
    /// <param name="revocation">How it is found out what was revoked.</param>
    /// <param name="identity">The certificates that this side may show: a session belongs to who it was made by.</param>
    public static string Of(
        X509ChainPolicy policy,
        string? name,
        bool hasCallback,
        RevocationOptions? revocation = null,
        IEnumerable<ReadOnlyMemory<byte>>? identity = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, "SynHello trust 2"u8);
        Append(hash, (long)policy.RevocationMode);
        Append(hash, (long)policy.RevocationFlag);
        Append(hash, (long)policy.VerificationFlags);
        Append(hash, (long)policy.TrustMode);
        Append(hash, policy.DisableCertificateDownloads ? 1 : 0);
        Append(hash, policy.VerificationTime.ToUniversalTime().Ticks); // the beginning of time stands for the clock's
        AppendSet(hash, policy.ApplicationPolicy.OfType<Oid>().Select(Encode));
        AppendSet(hash, policy.CertificatePolicy.OfType<Oid>().Select(Encode));
        AppendSet(hash, policy.CustomTrustStore.Select(certificate => certificate.RawData));
        AppendSet(hash, policy.ExtraStore.Select(certificate => certificate.RawData));
        Append(hash, (long)(revocation?.Mode ?? RevocationMode.Off));
        Append(hash, (long)(revocation?.FailureMode ?? RevocationFailureMode.SoftFail));
        Append(hash, (long)(revocation?.RevocationFlag ?? X509RevocationFlag.EndCertificateOnly));
        foreach (ReadOnlyMemory<byte> certificate in identity ?? [])
            Append(hash, certificate.Span);
        Append(hash, hasCallback ? 1 : 0);
        Append(hash, name is null ? 0 : 1);
        if (name is not null)
            Append(hash, Encoding.UTF8.GetBytes(name));
        else if (hasCallback)
            Append(hash, RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] Encode(Oid oid) => Encoding.UTF8.GetBytes(oid.Value ?? "");

    /// <summary>In no order: what is in a set counts, not where.</summary>
    private static void AppendSet(IncrementalHash hash, IEnumerable<byte[]> parts)
    {
        string[] digests = [.. parts.Select(part => Convert.ToHexStringLower(SHA256.HashData(part))).Distinct()];
        Array.Sort(digests, StringComparer.Ordinal);
        Append(hash, digests.Length);
        foreach (string digest in digests)
            Append(hash, Encoding.ASCII.GetBytes(digest));
    }

    private static void Append(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Append(hash, part.Length);
        hash.AppendData(part);
    }
}
