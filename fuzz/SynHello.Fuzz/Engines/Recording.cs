using SynHello.Tls;

namespace SynHello.Fuzz.Engines;

/// <summary>A connection from its first byte to its last.</summary>
/// <param name="Completed">Whether both sides completed the handshake.</param>
/// <param name="Failure">Why not.</param>
/// <param name="Up">The client's flights.</param>
/// <param name="Down">The server's flights.</param>
/// <param name="ClientAgreement">What the client had agreed on.</param>
/// <param name="ServerAgreement">What the server had agreed on.</param>
/// <param name="Session">A session that the client was given.</param>
internal sealed record Recording(
    bool Completed,
    string Failure,
    IReadOnlyList<byte[]> Up,
    IReadOnlyList<byte[]> Down,
    ulong ClientAgreement,
    ulong ServerAgreement,
    TlsSession? Session);
