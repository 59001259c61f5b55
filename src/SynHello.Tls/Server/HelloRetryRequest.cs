using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// Writes a HelloRetryRequest. It follows from the cookie and the echoed session ID alone, so the server can write it a
/// second
/// time for the transcript instead of keeping it.
/// </summary>
internal static class HelloRetryRequest
{
    public static void Write(
        TlsWriter writer,
        ReadOnlySpan<byte> sessionId,
        CipherSuite suite,
        NamedGroup group,
        ReadOnlySpan<byte> cookie)
    {
        new ServerHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = ServerHello.HelloRetryRequestRandom,
            LegacySessionIdEcho = sessionId,
            CipherSuite = suite,
            Present = default(ExtensionSet)
                .With(ExtensionType.KeyShare)
                .With(ExtensionType.Cookie)
                .With(ExtensionType.SupportedVersions),
            KeyShareGroup = group,
            Cookie = cookie,
            SelectedVersion = ProtocolVersion.Tls13,
        }.Write(writer);
    }
}
