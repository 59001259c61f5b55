using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>The runner's named sets of algorithms, made of the same settings that any user of the engine has.</summary>
internal sealed class CompliancePolicy
{
    public static CompliancePolicy Fips202205 { get; } = new()
    {
        CipherSuites =
        [
            CipherSuite.TlsAes128GcmSha256,
            CipherSuite.TlsAes256GcmSha384,
            CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
            CipherSuite.TlsEcdheRsaWithAes128GcmSha256,
            CipherSuite.TlsEcdheEcdsaWithAes256GcmSha384,
            CipherSuite.TlsEcdheRsaWithAes256GcmSha384,
        ],
        Groups = [NamedGroup.Secp256r1, NamedGroup.Secp384r1],
        SignatureSchemes =
        [
            SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512,
            SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.EcdsaSecp384r1Sha384,
            SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512,
        ],
    };

    public static CompliancePolicy Wpa202304 { get; } = new()
    {
        CipherSuites =
        [
            CipherSuite.TlsAes256GcmSha384,
            CipherSuite.TlsEcdheEcdsaWithAes256GcmSha384,
            CipherSuite.TlsEcdheRsaWithAes256GcmSha384,
        ],
        Groups = [NamedGroup.Secp384r1],
        SignatureSchemes =
        [
            SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512,
            SignatureScheme.EcdsaSecp384r1Sha384,
            SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512,
        ],
    };

    public required IReadOnlyList<CipherSuite> CipherSuites { get; init; }

    public required IReadOnlyList<NamedGroup> Groups { get; init; }

    public required IReadOnlyList<SignatureScheme> SignatureSchemes { get; init; }

    public void Apply(ShimFlags flags)
    {
        flags.CipherSuites = CipherSuites;
        flags.Groups.AddRange(Groups);
        flags.SigningPreferences.AddRange(SignatureSchemes);
        flags.VerifyPreferences.AddRange(SignatureSchemes);
    }
}
