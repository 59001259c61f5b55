namespace SynHello.Fuzz;

/// <summary>The forms of messages and extensions, for <see cref="GrammarScanner"/>; where there are several, the first that fits.</summary>
internal static class MessageGrammar
{
    public const string ClientHello = "2,32,b,w(2),b,?w(X)";
    public const string ServerHello = "2,32,b,2,1,?w(X)";
    public const string NewSessionTicket = "4,4,b,w,w(X)";
    public const string Tls12NewSessionTicket = "4,w";
    public const string EncryptedExtensions = "w(X)";
    public const string Certificate = "b,t(t,w(X))";
    public const string Tls12Certificate = "t(t)";
    public const string ServerKeyExchange = "1,2,b,2,w";
    public const string CertificateRequest = "b,w(X)";
    public const string Tls12CertificateRequest = "b(1),w(2),w(w)";
    public const string CertificateVerify = "2,w";
    public const string ClientKeyExchange = "b";
    public const string CertificateStatus = "1,t";
    public const string CompressedCertificate = "2,3,t";

    public static ReadOnlySpan<string> Of(byte type) => type switch
    {
        1 => new[] { ClientHello },
        2 => new[] { ServerHello },
        4 => new[] { NewSessionTicket, Tls12NewSessionTicket },
        8 => new[] { EncryptedExtensions },
        11 => new[] { Certificate, Tls12Certificate },
        12 => new[] { ServerKeyExchange },
        13 => new[] { CertificateRequest, Tls12CertificateRequest },
        15 => new[] { CertificateVerify },
        16 => new[] { ClientKeyExchange },
        22 => new[] { CertificateStatus },
        25 => new[] { CompressedCertificate },
        _ => [],
    };

    /// <summary>Those of ClientHello first, then those of answers.</summary>
    public static ReadOnlySpan<string> OfExtension(int type) => type switch
    {
        0 => new[] { "w(1,w)" },
        5 => new[] { "1,w,w", "1,t" },
        10 or 13 => new[] { "w(2)" },
        11 => new[] { "b(1)" },
        16 => new[] { "w(b)" },
        27 or 43 => new[] { "b(2)", "2" },
        41 => new[] { "w(w,4),w(b)", "2" },
        44 => new[] { "w" },
        45 => new[] { "b(1)" },
        47 => new[] { "w(w)" },
        51 => new[] { "w(2,w)", "2,w", "2" },
        0xff01 => new[] { "b" },
        _ => [],
    };
}
