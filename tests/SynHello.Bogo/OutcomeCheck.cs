using System.Security.Cryptography.X509Certificates;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>Compares what became of a handshake with what the runner said.</summary>
internal sealed class OutcomeCheck(ShimFlags flags, bool isResume, QuestionDesk desk, ShimSessionCache? sessions)
{
    private ExpectedOutcome Expected => flags.Expected;

    /// <summary>Once the handshake lets data be sent.</summary>
    public void CheckHandshake(ShimConnection connection)
    {
        TlsEngine engine = connection.Engine;
        TlsNegotiation negotiated = engine.Negotiated;
        bool isEarly = !engine.IsHandshakeComplete && negotiated.EarlyData == EarlyDataStatus.Accepted;
        Compare("version", Expected.Version, negotiated.Version.Value);
        Compare("cipher suite", Expected.CipherSuite.Value, negotiated.CipherSuite.Value);
        Compare("group", Expected.Group.Value, negotiated.Group.Value);
        Require(negotiated.IsResumed == (isResume && !Expected.SessionMiss), $"resumed: {negotiated.IsResumed}");
        Require(
            engine.IsHandshakeComplete == (!isEarly && (isResume || !flags.FalseStart || flags.IsServer)),
            $"complete: {engine.IsHandshakeComplete}");
        CheckSessions(engine, negotiated);
        CheckServerHello(connection);
        CheckPeer(connection, negotiated);
        Require(!Expected.HelloRetryRequest || negotiated.HelloRetryRequested, "no HelloRetryRequest");
        Require(!Expected.NoHelloRetryRequest || !negotiated.HelloRetryRequested, "a HelloRetryRequest");
        bool isTaken = negotiated.EarlyData == EarlyDataStatus.Accepted;
        Require(!Expected.EarlyDataAccepted || isTaken, "early data not accepted");
        Require(!Expected.EarlyDataRejected || !isTaken, "early data accepted");
        bool isAsReasoned = Expected.EarlyDataReason is not { } reason || (reason == "accept") == isTaken;
        Require(isAsReasoned, $"early data: {isTaken}");
        bool isOffered = isResume && !flags.IsServer && negotiated.EarlyData != EarlyDataStatus.None;
        Require(!Expected.NoEarlyDataOffered || !isOffered, "early data offered");
    }

    /// <summary>When the exchange is over: tickets of TLS 1.3 have come by then.</summary>
    public void CheckAtEnd(ShimConnection connection)
    {
        TlsEngine engine = connection.Engine;
        if (flags.IsServer || engine.Negotiated.Version != ProtocolVersion.Tls13)
            return;
        bool isExpected = !Expected.NoSession && !flags.ShimShutsDown;
        Require(isExpected == (desk.Sessions.Count > 0), $"sessions: {desk.Sessions.Count}");
        if (isExpected)
        {
            bool supportsEarlyData = desk.Sessions[^1].MaximumEarlyData > 0;
            Require(
                supportsEarlyData == Expected.TicketSupportsEarlyData, $"session for early data: {supportsEarlyData}");
        }
    }

    private void CheckServerHello(ShimConnection connection)
    {
        if (connection.Engine.Negotiated.Version != ProtocolVersion.Tls12)
            return;
        byte[] hello = flags.IsServer ? connection.FirstSent : connection.FirstBytes;
        Require(
            !Expected.ExtendedMasterSecret || ServerHelloView.Has(hello, ExtensionType.ExtendedMasterSecret),
            "no extended master secret");
        Require(
            !Expected.SecureRenegotiation || ServerHelloView.Has(hello, ExtensionType.RenegotiationInfo),
            "no secure renegotiation");
    }

    private void CheckSessions(TlsEngine engine, TlsNegotiation negotiated)
    {
        if (engine.IsHandshakeComplete && !flags.IsServer && negotiated.Version == ProtocolVersion.Tls12)
        {
            bool isExpected = !Expected.NoSession && (!negotiated.IsResumed || Expected.TicketRenewal);
            Require(isExpected == (desk.Sessions.Count > 0), $"sessions: {desk.Sessions.Count}");
        }

        if (isResume || !flags.IsServer)
            return;
        Require(!Expected.SessionId || sessions is { IsEmpty: false }, "no session was kept");
        Require(!Expected.NoSessionId || sessions is { IsEmpty: true }, "a session was kept");
    }

    private void CheckPeer(ShimConnection connection, TlsNegotiation negotiated)
    {
        if (!flags.IsServer && !negotiated.IsResumed)
            Compare("peer's signature scheme", Expected.PeerSignatureScheme.Value, negotiated.SignatureScheme.Value);
        string? name = negotiated.ServerName;
        Require(Expected.ServerName is null || Expected.ServerName == name, $"name {name}");
        string protocol = flags.IsServer ? flags.SelectedProtocol ?? "" : Expected.ApplicationProtocol;
        string chosen = EngineSetup.NameOf(negotiated.ApplicationProtocol);
        Require(protocol == chosen, $"protocol {chosen}");
        if (Expected.AdvertisedProtocols is { } advertised)
        {
            byte[] offered = ClientHelloView.ApplicationProtocols(connection.FirstBytes);
            Require(advertised.SequenceEqual(offered), "other protocols offered");
        }

        bool needsCertificate = !flags.IsServer || flags.RequiresClientCertificate;
        Require(!needsCertificate || negotiated.PeerCertificates.Count > 0 || negotiated.IsResumed, "no certificate");
        if (Expected.OcspResponse is { } staple && !negotiated.IsResumed)
        {
            Require(
                negotiated.PeerOcspResponses.Count > 0 && negotiated.PeerOcspResponses[0].Span.SequenceEqual(staple),
                "other OCSP response");
        }

        if (Expected.PeerCertificateFile is { } file && !negotiated.IsResumed)
            CheckChain(file, negotiated.PeerCertificates);
    }

    private static void CheckChain(string file, IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        var expected = new X509Certificate2Collection();
        expected.ImportFromPemFile(file);
        bool isSame = expected.Count == chain.Count;
        for (int i = 0; isSame && i < chain.Count; i++)
            isSame = expected[i].RawDataMemory.Span.SequenceEqual(chain[i].Span);
        Require(isSame, "other certificates");
    }

    private static void Compare(string what, ushort expected, ushort actual) =>
        Require(expected == 0 || expected == actual, $"{what} {actual:x4} in the place of {expected:x4}");

    private static void Require(bool isMet, string outcome)
    {
        if (!isMet)
            throw new ExpectationException($"Not as expected: {outcome}.");
    }
}
