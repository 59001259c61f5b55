using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// Reads the runner's lists of cipher suites, as far as they name suites of TLS 1.2 one by one or take them all.
/// </summary>
internal static class CipherList
{
    private static readonly Dictionary<string, CipherSuite> s_suites = new(StringComparer.Ordinal)
    {
        ["ECDHE-ECDSA-AES128-GCM-SHA256"] = CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
        ["ECDHE-RSA-AES128-GCM-SHA256"] = CipherSuite.TlsEcdheRsaWithAes128GcmSha256,
        ["ECDHE-ECDSA-AES256-GCM-SHA384"] = CipherSuite.TlsEcdheEcdsaWithAes256GcmSha384,
        ["ECDHE-RSA-AES256-GCM-SHA384"] = CipherSuite.TlsEcdheRsaWithAes256GcmSha384,
        ["ECDHE-ECDSA-CHACHA20-POLY1305"] = CipherSuite.TlsEcdheEcdsaWithChaCha20Poly1305Sha256,
        ["ECDHE-RSA-CHACHA20-POLY1305"] = CipherSuite.TlsEcdheRsaWithChaCha20Poly1305Sha256,
    };

    public static IReadOnlyList<CipherSuite> Read(string list, IReadOnlyList<CipherSuite> all)
    {
        List<CipherSuite> suites = [];
        foreach (string name in list.Split(':'))
        {
            if (name is "DEFAULT" or "ALL")
                suites.AddRange(all.Where(suite => !suite.IsTls13 && !suites.Contains(suite)));
            else if (s_suites.TryGetValue(name, out CipherSuite suite))
                suites.Add(suite);
            else
                throw new UnimplementedException($"the cipher list {list}");
        }

        return suites;
    }
}
