namespace SynHello.Wire;

/// <summary>The messages that hold extensions, as RFC 8446 section 4.2 names them in its table, and the ServerHello of TLS 1.2.</summary>
[Flags]
internal enum HandshakeContext
{
    None = 0,
    ClientHello = 1,
    ServerHello = 2,
    HelloRetryRequest = 4,
    EncryptedExtensions = 8,
    Certificate = 16,
    CertificateRequest = 32,
    NewSessionTicket = 64,

    /// <summary>A ServerHello of TLS 1.2, which holds what EncryptedExtensions hold in 1.3.</summary>
    Tls12ServerHello = 128,
}
