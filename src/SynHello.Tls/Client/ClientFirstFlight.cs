using System.Net.Security;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The ClientHello and the early data behind it, in one piece, made to fit the SYN where it is to ride in one.
/// </summary>
internal static class ClientFirstFlight
{
    /// <summary>Writes the flight.</summary>
    /// <returns>The length of the ClientHello's record.</returns>
    public static int Write(ClientContext context, in TlsClientStart start)
    {
        context.Offer(Usable(context, start.Session));
        bool hasEarlyData = !start.EarlyData.IsEmpty && MayCarry(context, start.EarlyData.Length);
        context.OffersEarlyData = hasEarlyData;
        context.WriteClientHello();
        int behind = hasEarlyData ? LengthBehind(context, start.EarlyData.Length) : 0;
        if (start.SynRoom is { } room)
            Fit(context, room, behind);
        Pad(context, Math.Min(start.PaddedLength, start.SynRoom ?? int.MaxValue) - behind);

        int length = RecordHeader.Size + context.Flight.Length;
        context.FinishClientHello();
        context.FlushFlight();
        context.Records.PlaintextVersion = ProtocolVersion.Tls12;
        if (hasEarlyData)
            WriteEarlyData(context, start.EarlyData.Span);
        return length;
    }

    /// <summary>
    /// Puts early data behind a ClientHello that is sent already (RFC 8446 sections 4.2.10, 7.1; the change_cipher_spec
    /// in front of it: appendix D.4).
    /// </summary>
    public static void WriteEarlyData(ClientContext context, ReadOnlySpan<byte> earlyData)
    {
        TlsSession session = context.Session!;
        context.WriteCompatibilityChangeCipherSpec();
        KeySchedule keys = context.StartSessionKeys(session);
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> secret = stackalloc byte[keys.HashLength];
        context.Provider.Hash(keys.Hash, context.Transcript.Unhashed, hash);
        keys.DeriveSecret("c e traffic"u8, hash, secret);
        context.LogSecret("CLIENT_EARLY_TRAFFIC_SECRET", secret);
        context.Records.ProtectWrites(keys, secret);
        CryptographicOperations.ZeroMemory(secret);

        context.Records.WriteSizeLimit = session.RecordSizeLimit;
        context.WriteApplicationData(earlyData);
        context.Records.WriteSizeLimit = RecordLayer.MaximumInnerPlaintext;
        context.Negotiated.EarlyData = EarlyDataStatus.Offered;
    }

    /// <summary>A session that has expired or does not fit is as good as none.</summary>
    private static TlsSession? Usable(ClientContext context, TlsSession? session)
    {
        if (session is null)
            return null;
        bool isUsable = session.IsCurrent(context.Configuration.TimeProvider!.GetUtcNow()) // checked with the arguments
            && IsSpoken(context.Configuration, session)
            && string.Equals(session.ServerName, context.ServerName, StringComparison.OrdinalIgnoreCase);
        return isUsable ? session : null;
    }

    private static bool IsSpoken(TlsClientConfiguration configuration, TlsSession session) =>
        (session.Version == ProtocolVersion.Tls13 ? configuration.Tls13CipherSuites : configuration.Tls12CipherSuites)
            .Contains(session.CipherSuite);

    private static bool MayCarry(ClientContext context, int length)
    {
        if (context.Session is not { } session || length > session.MaximumEarlyData)
            return false;
        SslApplicationProtocol protocol = session.ApplicationProtocol;
        return protocol == default || context.Configuration.ApplicationProtocols.Contains(protocol);
    }

    /// <summary>How much <see cref="WriteEarlyData"/> puts behind the ClientHello.</summary>
    private static int LengthBehind(ClientContext context, int earlyData) =>
        (context.Configuration.MiddleboxCompatibility ? RecordHeader.Size + 1 : 0)
        + context.Records.ProtectedLength(earlyData, context.Session!.RecordSizeLimit);

    /// <summary>
    /// Leaves out what can be spared when the flight is larger than the SYN. A ClientHello that is cut in two costs a
    /// round trip: without early data a full handshake that fits is faster than a resumption that does not.
    /// </summary>
    private static void Fit(ClientContext context, int room, int behind)
    {
        if (RecordHeader.Size + context.Flight.Length + behind > room && context.KeyExchanges.Count > 1)
        {
            context.KeepOneKeyExchange();
            context.RewriteClientHello();
        }

        if (RecordHeader.Size + context.Flight.Length > room && context.OfferedSession is { } session && behind == 0)
        {
            context.Offer(null);
            context.RewriteClientHello();
            if (RecordHeader.Size + context.Flight.Length > room)
            {
                context.Offer(session); // it is cut in two anyway
                context.RewriteClientHello();
            }
        }
    }

    /// <summary>Pads the ClientHello to a length, if it is shorter by an extension's header at least.</summary>
    private static void Pad(ClientContext context, int length)
    {
        const int ExtensionHeader = 4;
        int padding = length - RecordHeader.Size - context.Flight.Length - ExtensionHeader;
        if (padding >= 0)
            context.RewriteClientHello(padding);
    }
}
