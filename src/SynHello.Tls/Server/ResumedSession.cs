using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>A session that a ClientHello may resume: its ticket opened, everything fitted, and its binder was right.</summary>
internal sealed class ResumedSession : IDisposable
{
    private readonly byte[] _secret;

    public ResumedSession(ReadOnlySpan<byte> secret) => _secret = secret.ToArray();

    /// <summary>Which of the offered identities it is.</summary>
    public required int Identity { get; init; }

    public required CipherSuite CipherSuite { get; init; }

    /// <summary>The DER of the certificate that the client showed then; empty when it showed none.</summary>
    public required byte[] ClientCertificate { get; init; }

    /// <summary>Until when the verdict on it holds, in milliseconds of Unix time.</summary>
    public required long ClientVerifiedUntil { get; init; }

    /// <summary>Whether the key is used alone (psk_ke).</summary>
    public required bool IsPskOnly { get; init; }

    /// <summary>What early data would be checked by; null when it cannot be taken.</summary>
    public required EarlyDataAttempt? EarlyData { get; init; }

    /// <summary>The key schedule that checked the binder, at its early secret; null once it was taken over.</summary>
    public required KeySchedule? Keys { get; set; }

    public ReadOnlySpan<byte> Secret => _secret;

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_secret);
        Keys?.Dispose();
    }
}
