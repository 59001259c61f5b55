using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What both sides do with the secrets of TLS 1.2: the master secret, the keys, Finished.</summary>
internal static class Tls12Secrets
{
    /// <summary>
    /// Makes the master secret of a full handshake, the transcript being at ClientKeyExchange, and the keys.
    /// </summary>
    /// <param name="context">The connection.</param>
    /// <param name="exchange">This side's key pair.</param>
    /// <param name="peerPublicKey">The other side's public value.</param>
    /// <param name="isClient">Which side this is.</param>
    public static void Agree(
        ConnectionContext context, KeyExchange exchange, ReadOnlySpan<byte> peerPublicKey, bool isClient)
    {
        Tls12KeySchedule keys = context.RequireTls12Keys();
        Span<byte> premaster = stackalloc byte[exchange.SharedSecretLength];
        exchange.DeriveSharedSecret(peerPublicKey, premaster);
        if (context.UsesExtendedMasterSecret)
        {
            Span<byte> sessionHash = stackalloc byte[keys.HashLength];
            context.Transcript.GetHash(sessionHash);
            keys.EnterExtendedMaster(premaster, sessionHash);
        }
        else
        {
            keys.EnterMaster(premaster);
        }

        CryptographicOperations.ZeroMemory(premaster);
        Prepare(context, isClient);
    }

    /// <summary>Makes the keys that the two change_cipher_spec messages switch to.</summary>
    public static void Prepare(ConnectionContext context, bool isClient)
    {
        Tls12KeySchedule keys = context.RequireTls12Keys();
        context.LogSecret("CLIENT_RANDOM", keys.MasterSecret);
        (Tls12RecordProtection client, Tls12RecordProtection server) = keys.CreateProtections();
        context.PendingWrites = isClient ? client : server;
        context.PendingReads = isClient ? server : client;
    }

    /// <summary>The peer has switched to its keys.</summary>
    public static void SwitchReads(ConnectionContext context)
    {
        context.Records.ProtectReads(context.PendingReads ?? throw new InvalidOperationException("There are no keys yet."));
        context.PendingReads = null;
    }

    /// <summary>Ends this side's flight: change_cipher_spec, and Finished under the new keys (RFC 5246 sections 7.1, 7.4.9).</summary>
    public static void WriteFinished(ConnectionContext context, bool isClient)
    {
        Tls12KeySchedule keys = context.RequireTls12Keys();
        context.FlushFlight();
        context.WriteChangeCipherSpec();
        context.Records.ProtectWrites(context.PendingWrites ?? throw new InvalidOperationException("There are no keys yet."));
        context.PendingWrites = null;

        Span<byte> hash = stackalloc byte[keys.HashLength];
        context.Transcript.GetHash(hash);
        using (context.Flight.Message(HandshakeType.Finished))
            keys.ComputeFinished(isClient, hash, context.Flight.Take(Tls12KeySchedule.VerifyDataLength));
        context.AppendFlight(0);
        context.FlushFlight();
    }

    /// <summary>Checks the peer's Finished, and adds it to the transcript.</summary>
    /// <param name="context">The connection.</param>
    /// <param name="message">The message; any other than Finished is refused.</param>
    /// <param name="isClient">Whether the peer is the client.</param>
    public static void CheckFinished(ConnectionContext context, in HandshakeMessage message, bool isClient)
    {
        Tls12KeySchedule keys = context.RequireTls12Keys();
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> expected = stackalloc byte[Tls12KeySchedule.VerifyDataLength];
        context.Transcript.GetHash(hash);
        keys.ComputeFinished(isClient, hash, expected);
        ConnectionContext.CheckFinished(message, expected);
        context.Transcript.Append(message.Encoded);
    }

    /// <summary>
    /// Takes the peer's record_size_limit, and this side's own. In TLS 1.2 it does not count a content type (RFC 8449 section 4).
    /// </summary>
    public static void ApplySizeLimits(ConnectionContext context, ushort peersLimit, int? ownLimit)
    {
        context.Records.ApplyPeerLimit(peersLimit);
        context.Records.WriteSizeLimit = Math.Min(context.Records.WriteSizeLimit + 1, RecordLayer.MaximumInnerPlaintext);
        context.Records.ReadSizeLimit =
            Math.Min((ownLimit ?? RecordLayer.MaximumInnerPlaintext) + 1, RecordLayer.MaximumInnerPlaintext);
    }

    /// <summary>A request for a renegotiation: answered once, and not put up with again (RFC 5246 section 7.2.2).</summary>
    public static void RefuseRenegotiation(ConnectionContext context)
    {
        const byte Warning = 1;
        if (++context.Renegotiations > 1)
            throw new TlsProtocolException(TlsErrorCause.RenegotiationRepeated, "The peer insists on a renegotiation.");
        if (!context.IsCloseNotifySent)
            context.WriteAlert(Warning, AlertDescription.NoRenegotiation);
    }
}
