using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What a server takes of a ClientHello in TLS 1.2.</summary>
internal static class Tls12ClientHelloChoice
{
    /// <summary>Refuses a hello that cannot begin a handshake of TLS 1.2.</summary>
    public static void CheckForm(TlsServerConfiguration configuration, in ClientHello hello)
    {
        if (!hello.LegacyCompressionMethods.Contains((byte)0))
            throw new TlsProtocolException(TlsErrorCause.IllegalCompression, "The ClientHello offers no null compression.");

        // RFC 8422 section 5.1.2
        if (hello.Present.Contains(ExtensionType.EcPointFormats) && !hello.PointFormats.Contains((byte)0))
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "The client's ec_point_formats have no uncompressed points.");

        // RFC 5746 section 3.6: empty in a first handshake.
        if (!hello.RenegotiatedConnection.IsEmpty)
        {
            throw new TlsProtocolException(
                TlsErrorCause.InsecureRenegotiation, "The client's first hello speaks of a connection before it.");
        }

        if (configuration.RequireExtendedMasterSecret && !hello.Present.Contains(ExtensionType.ExtendedMasterSecret))
        {
            throw new TlsProtocolException(
                TlsErrorCause.ExtendedMasterSecretMissing, "The client does not bind the master secret to the handshake.");
        }
    }

    /// <summary>Whether the client knows secure renegotiation, and wants to hear it of the server.</summary>
    public static bool SignalsRenegotiation(in ClientHello hello) =>
        hello.Present.Contains(ExtensionType.RenegotiationInfo)
        || hello.CipherSuites.Contains(CipherSuite.EmptyRenegotiationInfoScsv.Value);

    /// <summary>The group: the server's best that the client knows; one that names none knows secp256r1 (RFC 8422 section 5.1.1).</summary>
    public static NamedGroup Group(TlsServerConfiguration configuration, in ClientHello hello)
    {
        bool isListed = hello.Present.Contains(ExtensionType.SupportedGroups);
        foreach (NamedGroup group in configuration.Groups)
        {
            if (isListed ? hello.SupportedGroups.Contains(group.Value) : group == NamedGroup.Secp256r1)
                return group;
        }

        throw new TlsProtocolException(
            TlsErrorCause.NoCommonGroup, "The client knows no key exchange group of this server's.");
    }

    /// <summary>The certificate, the scheme that its key signs with, and a suite that goes with both.</summary>
    public static (TlsCredential Credential, SignatureScheme Scheme, CipherSuite Suite) Credential(
        TlsServerConfiguration configuration, IReadOnlyList<TlsCredential> credentials, in ClientHello hello)
    {
        bool hasScheme = false;
        foreach (TlsCredential credential in credentials)
        {
            foreach (SignatureScheme scheme in credential.Tls12SignatureSchemes)
            {
                // Without the extension a client means SHA-1 (RFC 5246 section 7.4.1.4.1), which nobody signs with here.
                if (!hello.SignatureAlgorithms.Contains(scheme.Value))
                    continue;
                hasScheme = true;
                if (FindSuite(configuration, scheme, hello) is { } suite)
                    return (credential, scheme, suite);
            }
        }

        throw credentials.Count == 0
            ? new TlsProtocolException(
                TlsErrorCause.UnrecognizedName, "There is no certificate for the host that the client asks for.")
            : new TlsProtocolException(
                hasScheme ? TlsErrorCause.NoCommonCipherSuite : TlsErrorCause.NoCommonSignatureScheme,
                hasScheme
                    ? "The client offers no cipher suite that goes with this server's certificates."
                    : "The client takes no signature scheme of this server's certificates.");
    }

    private static CipherSuite? FindSuite(TlsServerConfiguration configuration, SignatureScheme scheme, in ClientHello hello)
    {
        bool isEcdsa = Tls12CipherSuiteParameters.IsEcdsaScheme(scheme);
        foreach (CipherSuite suite in configuration.Tls12CipherSuites)
        {
            if (Tls12CipherSuiteParameters.Of(suite).IsEcdsa == isEcdsa && hello.CipherSuites.Contains(suite.Value))
                return suite;
        }

        return null;
    }
}
