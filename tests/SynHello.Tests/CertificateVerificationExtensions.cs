using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>For chains that nobody has to be asked about.</summary>
internal static class CertificateVerificationExtensions
{
    /// <summary>Judges a chain that came without OCSP responses.</summary>
    public static TlsProtocolException? Check(
        this CertificateVerification verification,
        object sender,
        IReadOnlyList<ReadOnlyMemory<byte>> chain,
        string? targetHost,
        out ChainVerification? made)
    {
        Task<(TlsProtocolException? Refusal, ChainVerification? Verification)> judged =
            verification.CheckAsync(sender, chain, [], targetHost, CancellationToken.None).AsTask();
        Assert.True(judged.IsCompletedSuccessfully);
        (TlsProtocolException? refusal, made) = judged.Result;
        return refusal;
    }
}
