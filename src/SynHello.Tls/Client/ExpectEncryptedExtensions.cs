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
        if (context.OffersEarlyData)
            SettleEarlyData(context, extensions.Present.Contains(ExtensionType.EarlyData));
        context.Transcript.Append(message.Encoded);
        if (!context.Negotiated.IsResumed)
            return ExpectCertificateOrRequest.Instance;

        // The session speaks for the server's certificate: none is sent (RFC 8446 section 2.2).
        context.Negotiated.PeerCertificates = context.Session!.PeerCertificates;
        return ExpectServerFinished.Instance;
    }

    /// <summary>
    /// What was sent early was sealed for one suite and meant for one protocol: a server that takes it has to go on with both
    /// (RFC 8446 section 4.2.10).
    /// </summary>
    private static void SettleEarlyData(ClientContext context, bool isAccepted)
    {
        TlsNegotiation negotiated = context.Negotiated;
        if (!isAccepted)
        {
            context.OffersEarlyData = false;
            negotiated.EarlyData = EarlyDataStatus.Rejected;
            KeySchedule keys = context.RequireKeys();
            context.Records.ProtectWrites(keys, context.ClientHandshakeSecret.AsSpan(0, keys.HashLength));
            return;
        }

        if (context.Session is not { } session
            || negotiated.CipherSuite != session.CipherSuite
            || negotiated.ApplicationProtocol != session.ApplicationProtocol)
        {
            throw new TlsProtocolException(
                TlsErrorCause.EarlyDataMismatch,
                "The server took early data that was sent under another session, cipher suite or application protocol.");
        }

        negotiated.EarlyData = EarlyDataStatus.Accepted;
        context.Raise(TlsEvent.EarlyDataAccepted);
    }

    /// <summary>The protocol of that name, if it was offered.</summary>
    public static SslApplicationProtocol TakeProtocol(ClientContext context, ReadOnlySpan<byte> name)
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
