using System.Net.Sockets;
using System.Runtime.ExceptionServices;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <content>The handshake, before the stream is handed out.</content>
public sealed partial class SecureStream
{
    /// <summary>
    /// Drives the client's handshake to its end. What it sends last takes the request along, if there is one that the
    /// server has not got as early data, and is held back for the first write otherwise.
    /// </summary>
    /// <param name="dialed">The connection, whose first flight is on its way.</param>
    /// <param name="attempt">What the first flight was made of.</param>
    /// <param name="heldFlights">Has the last flight sent if no request takes it along.</param>
    /// <param name="answers">Who answers what the engine asks.</param>
    /// <param name="handshakeTimeout">How long the handshake may take; it goes on behind a False Start.</param>
    /// <param name="start">When dialing began, in ticks of the clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask CompleteClientHandshakeAsync(
        DialedSocket dialed,
        ClientAttempt attempt,
        HeldFlights heldFlights,
        HandshakeAnswers answers,
        TimeSpan handshakeTimeout,
        long start,
        CancellationToken cancellationToken)
    {
        var engine = (TlsClientEngine)_engine;
        long connected = attempt.ConnectedAt;
        while (!engine.MaySend)
        {
            if (ProcessReceived() == 0 && !await ReceiveAsync(cancellationToken).ConfigureAwait(false))
                EndReceived();
            await AnswerAllAsync(answers, cancellationToken).ConfigureAwait(false);
            if (!engine.MaySend)
                await SendOutputAsync(cancellationToken).ConfigureAwait(false);
        }

        TimeSpan handshakeTime = _timeProvider.GetElapsedTime(connected);

        // A session would be resumed without asking again who the client wants to be.
        bool wasAskedWhoItIs = answers.ChooseCredentials is not null && engine.Negotiated.LocalCredential is not null;
        if (attempt.Sessions is { } sessions && !wasAskedWhoItIs)
        {
            sessions.Verification = engine.Negotiated.IsResumed ? attempt.OfferedSession?.Verification : _verification;
            _sessions = sessions;
            KeepSessions();
        }

        if (!engine.IsHandshakeComplete)
            BeginEarlyPhase(handshakeTimeout, answers.Logger, start); // a False Start: whoever reads first completes the handshake
        attempt.Conclude();
        bool isRequestDue = attempt.IsRequestDue;
        if (isRequestDue)
            await SendRequestAsync(attempt.Request, cancellationToken).ConfigureAwait(false);
        else if (engine.Negotiated.EarlyData == EarlyDataStatus.Accepted)
            await FlushHeldAsync(cancellationToken).ConfigureAwait(false); // a server may wait for the proof that it is no replay
        else
            Hold(heldFlights);

        FastOpenReport fastOpen = dialed.GetReport();
        HandshakeReport report = CreateReport(
            fastOpen.Outcome,
            fastOpen.SynDataBytes,
            engine.ClientHelloLength,
            fastOpen.RoundTrip,
            _timeProvider.GetElapsedTime(start, connected),
            handshakeTime,
            engine.Negotiated.IsFalseStarted);
        bool isAccepted = report.EarlyData == EarlyDataStatus.Accepted;
        bool isWhollyInSyn = fastOpen.SynDataBytes > 0 && fastOpen.SynDataBytes >= dialed.FirstFlightLength;
        _report = report with
        {
            EarlyDataBytes = attempt.IsReplaySafe ? attempt.Request.Length : 0,
            EarlyDataReason = attempt.Reason,
            EarlyDataSent = attempt.IsReplaySafe && (isRequestDue || isAccepted),
            FirstFlightBytes = dialed.FirstFlightLength,
            SynRoom = fastOpen.SynRoom,
            SynOverflowBytes = fastOpen.SynRoom is null ? 0 : dialed.FirstFlightLength - fastOpen.SynDataOffered,
            DroppedKeyShares = engine.DroppedKeyShares,
            SessionDropped = attempt.IsSessionDropped,
            RoundTripsUntilRequest = !isAccepted ? report.RoundTripsUntilRequest : isWhollyInSyn ? 0 : 1,
        };
    }

    private void Hold(HeldFlights heldFlights)
    {
        _held = true;
        heldFlights.Add(this);
    }

    /// <summary>Sends the first application data in one write with the Finished.</summary>
    private async ValueTask SendRequestAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception) when (exception.InnerException is SocketException or TlsProtocolException)
        {
            // Nobody has seen a stream yet: it is the handshake's failure.
            ExceptionDispatchInfo.Throw(exception.InnerException);
        }
    }

    /// <summary>Drives the server's handshake to its end, or to where early data is accepted: the flight is sent then.</summary>
    /// <param name="accepted">The connection.</param>
    /// <param name="settings">What the listener's handshakes have in common.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask CompleteServerHandshakeAsync(
        AcceptedSocket accepted,
        ServerHandshakeSettings settings,
        CancellationToken cancellationToken)
    {
        var engine = (TlsServerEngine)_engine;
        _accepted = accepted;
        if (settings.IsAddressValidated && accepted.AnswerBudget is { } budget)
            _gate = new AddressGate(accepted, budget, settings, RemoteEndPoint);
        long start = _timeProvider.GetTimestamp();
        int clientHelloBytes = 0;
        bool helloTaken = false;
        while (!engine.MaySend)
        {
            int helloBytes = helloTaken ? 0 : CountHelloBytes(_received.Span);
            int consumed = ProcessReceived();
            clientHelloBytes += Math.Min(helloBytes, consumed);
            if (engine.EarlyDataAttempt is { } attempt)
                AnswerEarlyData(engine, await IsFirstAsync(attempt, settings, cancellationToken).ConfigureAwait(false));
            else if (consumed == 0 && !await ReceiveAsync(cancellationToken).ConfigureAwait(false))
                EndReceived();
            await AnswerAllAsync(settings.Answers, cancellationToken).ConfigureAwait(false);
            helloTaken |= !_output.IsEmpty;
            await SendOutputAsync(cancellationToken).ConfigureAwait(false);
        }

        // Data behind the client's Finished came with it: a False Start, of which a server knows nothing else.
        bool isFalseStart = engine.Negotiated.Version == ProtocolVersion.Tls12 && !engine.Negotiated.IsResumed
            && !(_received.IsEmpty && _plaintext.IsEmpty);

        // A cookieless listener looks at no cookies, so nobody can have shown one.
        FastOpenOutcome taken = accepted.CookieVerified ? FastOpenOutcome.Cookie : FastOpenOutcome.Cookieless;
        bool synDataTaken = accepted.SynDataTaken;
        _report = CreateReport(
            synDataTaken ? taken : FastOpenOutcome.Off,
            synDataTaken ? SynDataBytesOf(accepted.InfoAtAccept.GetValueOrDefault()) : 0,
            clientHelloBytes,
            GetPathRoundTrip(),
            TimeSpan.Zero,
            _timeProvider.GetElapsedTime(start),
            isFalseStart) with
        {
            HeldBackBytes = _gate?.HeldBackBytes ?? 0,
        };
        if (!engine.IsHandshakeComplete)
            BeginEarlyPhase(settings.HandshakeTimeout, settings.Logger, start);
    }

    /// <summary>The handshake records in front: behind them early data may stand, which is skipped with them if it is not taken.</summary>
    private static int CountHelloBytes(ReadOnlySpan<byte> received)
    {
        int count = 0;
        while (RecordHeader.TryRead(received[Math.Min(count, received.Length)..], out RecordHeader header)
            && header.Type == ContentType.Handshake)
        {
            count += RecordHeader.Size + header.Length;
        }

        return count;
    }

    private TimeSpan? GetPathRoundTrip() =>
        TcpInfo.TryGet(_socket, out TcpInfo info) && info.RoundTrip > TimeSpan.Zero ? info.RoundTrip : null;

    /// <summary>
    /// What the SYN carried. Behind an acknowledgment that came before accept there may be more, but a SYN holds no more than the
    /// segment size that this end has announced.
    /// </summary>
    private static int SynDataBytesOf(in TcpInfo infoAtAccept) =>
        (int)Math.Min(infoAtAccept.BytesReceived, infoAtAccept.AdvertisedMss > 0 ? infoAtAccept.AdvertisedMss : int.MaxValue);

    /// <summary>Gives the connection up during the handshake, telling the peer if that can be done at once.</summary>
    internal void AbandonHandshake(TlsProtocolException? failure)
    {
        lock (_lock)
        {
            if (failure is not null)
                _engine.Abort(failure, _output);
        }

        TrySendOutput();

        // Closing would leave the kernel to send SYN-ACKs to an address that may be forged, and to keep a place in the Fast Open queue
        // for it: a reset is one packet and ends both.
        if (_gate is { IsUnproven: true })
            Abort();
        else
            Dispose();
    }

    private HandshakeReport CreateReport(
        FastOpenOutcome fastOpen,
        int synDataBytes,
        int clientHelloBytes,
        TimeSpan? pathRoundTrip,
        TimeSpan connectTime,
        TimeSpan handshakeTime,
        bool isFalseStart)
    {
        TlsNegotiation negotiated = _engine.Negotiated;

        // In TLS 1.2 the client speaks twice before it is done, unless the session is resumed, or it does not wait for the end.
        int flights = negotiated.EarlyData == EarlyDataStatus.Accepted ? 0
            : negotiated.Version == ProtocolVersion.Tls12 && !negotiated.IsResumed && !isFalseStart ? 2
            : 1;

        // A hello that did not fit into the SYN is answered a round trip later, as without Fast Open.
        bool helloInSyn = synDataBytes > 0 && synDataBytes >= clientHelloBytes;
        return new HandshakeReport
        {
            FastOpen = fastOpen,
            SynDataBytes = synDataBytes,
            ClientHelloBytes = clientHelloBytes,
            Version = negotiated.Version,
            CipherSuite = negotiated.CipherSuite,
            Group = negotiated.Group,
            SignatureScheme = negotiated.SignatureScheme,
            ApplicationProtocol = negotiated.ApplicationProtocol,
            HelloRetryRequested = negotiated.HelloRetryRequested,
            IsResumed = negotiated.IsResumed,
            EarlyData = negotiated.EarlyData,
            CertificateBytes = negotiated.ServerCertificateLength,
            CertificateChainBytes = CountBytes(negotiated.IsResumed ? [] : ServerCertificates(negotiated)),
            OcspResponseBytes = _engine is TlsClientEngine ? CountBytes(negotiated.PeerOcspResponses) : 0,
            IsFalseStarted = isFalseStart,
            RoundTripsUntilRequest = (helloInSyn ? 0 : 1) + flights + (negotiated.HelloRetryRequested ? 1 : 0),
            PathRoundTrip = pathRoundTrip,
            ConnectTime = connectTime,
            HandshakeTime = handshakeTime,
        };
    }

    private IReadOnlyList<ReadOnlyMemory<byte>> ServerCertificates(TlsNegotiation negotiated) => _engine is TlsClientEngine
        ? negotiated.PeerCertificates
        : negotiated.LocalCredential?.CertificateChain ?? [];

    private static int CountBytes(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        int count = 0;
        for (int i = 0; i < parts.Count; i++)
            count += parts[i].Length;
        return count;
    }
}
