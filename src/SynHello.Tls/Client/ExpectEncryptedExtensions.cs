using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_EE of RFC 8446 appendix A.1.</summary>
internal sealed class ExpectEncryptedExtensions : HandshakeState<ClientContext>
{
    public static readonly ExpectEncryptedExtensions Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        EncryptedExtensions extensions = EncryptedExtensions.Parse(
            message.Expect(HandshakeType.EncryptedExtensions), context.Offered);
        if (extensions.Present.Contains(ExtensionType.ApplicationLayerProtocolNegotiation))
            context.Negotiated.ApplicationProtocol = TakeProtocol(context, extensions.ApplicationProtocol);
        if (extensions.Present.Contains(ExtensionType.RecordSizeLimit))
            TakeSizeLimit(context, extensions.RecordSizeLimit);
        context.Transcript.Append(message.Encoded);
        return ExpectCertificateOrRequest.Instance;
    }

    private static SslApplicationProtocol TakeProtocol(ClientContext context, ReadOnlySpan<byte> name)
    {
        foreach (SslApplicationProtocol protocol in context.Configuration.ApplicationProtocols)
        {
            if (protocol.Protocol.Span.SequenceEqual(name))
                return protocol;
        }

        throw new TlsProtocolException(
            TlsErrorCause.ApplicationProtocolNotOffered,
            "The server chose an application protocol that was not offered.");
    }

    private static void TakeSizeLimit(ClientContext context, ushort limit)
    {
        context.Records.ApplyPeerLimit(limit);
        context.Records.ReadSizeLimit = context.Configuration.RecordSizeLimit ?? RecordLayer.MaximumInnerPlaintext;
    }
}
