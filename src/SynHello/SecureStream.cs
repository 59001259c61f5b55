using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// A TLS connection over TCP, as <see cref="SecureClient"/> and <see cref="SecureListener"/> hand it out: the handshake is complete,
/// unless a listener has accepted early data, or a client has made a False Start (<see cref="IsHandshakeComplete"/>).
/// One read and any number of writes may be under way at a time, from different threads; a second read at the same time is refused.
/// The synchronous methods block their thread on the asynchronous ones.
/// </summary>
public sealed partial class SecureStream : Stream
{
    /// <summary>How much is sealed before it is handed to the socket: four full records.</summary>
    private const int WriteChunk = 4 * RecordHeader.MaximumPlaintext;

    private readonly Socket _socket;
    private readonly TlsEngine _engine;
    private readonly TimeProvider _timeProvider;

    /// <summary>Guards the engine and <see cref="_output"/>; never held while something is waited for.</summary>
    private readonly Lock _lock = new();

    /// <summary>Held by whoever hands bytes to the socket, so that records leave in the order in which they were sealed.</summary>
    private readonly SemaphoreSlim _sending = new(1, 1);

    private readonly PooledBuffer _received = new();
    private readonly PooledBuffer _plaintext = new();
    private ReaderBuffer? _reader;
    private PooledBuffer _output = new();
    private PooledBuffer _spareOutput = new();
    private X509Certificate2? _remoteCertificate;
    private HandshakeReport? _report;
    private bool _brokenWrites;

    /// <summary>
    /// Whether a part of a write is sealed and another one is not, yet or ever: no close_notify may come between, or the peer would take
    /// what it has for everything. Guarded by <see cref="_lock"/>.
    /// </summary>
    private bool _moreFollows;

    private bool _isShutdown;
    private ReadGate _readGate;
    private RecordSizer _recordSizer = new(RecordSizing.Full);

    /// <summary>Set while <see cref="ShutdownAsync"/> reads.</summary>
    private Task? _hearing;
    private int _disposed;

    internal SecureStream(Socket socket, TlsEngine engine, TimeProvider timeProvider)
    {
        _socket = socket;
        _engine = engine;
        _timeProvider = timeProvider;
        LocalEndPoint = socket.LocalEndPoint;
    }

    /// <summary>What setting up the connection took, and what was agreed on.</summary>
    public HandshakeReport Report => _report ?? throw new InvalidOperationException("The handshake is not complete.");

    /// <summary>The TLS version in .NET's type.</summary>
    public SslProtocols SslProtocol => _engine.Negotiated.Version.ToSslProtocols();

    /// <summary>The cipher suite in .NET's type.</summary>
    public TlsCipherSuite NegotiatedCipherSuite => _engine.Negotiated.CipherSuite.ToTlsCipherSuite();

    /// <summary>The application protocol; default when none was negotiated.</summary>
    public SslApplicationProtocol NegotiatedApplicationProtocol => _engine.Negotiated.ApplicationProtocol;

    /// <summary>The host name that the client asked for; null when it named none.</summary>
    public string? TargetHostName => _engine.Negotiated.ServerName;

    /// <summary>
    /// The peer's certificate; null when it sent none. Owned by the stream, and disposed of with it. On a resumed connection it is the
    /// one of the first handshake, which the session or ticket holds. A server that was handed early data has it from the ticket, as
    /// long as <see cref="IsHandshakeComplete"/> is false: it says whose ticket that is, and the data may be somebody's replay of it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    public X509Certificate2? RemoteCertificate
    {
        get
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(IsDisposed, this);
                if (_remoteCertificate is null && _engine.Negotiated.PeerCertificates is [var der, ..])
                    _remoteCertificate = X509CertificateLoader.LoadCertificate(der.Span);
                return _remoteCertificate;
            }
        }
    }

    /// <summary>
    /// The DER of the certificates that the peer sent, its own first, whether or not they entered the verdict; empty when it sent none.
    /// On a resumed connection a client has those of the session's first handshake, and a server the client's own alone.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> RemoteCertificateChain => _engine.Negotiated.PeerCertificates;

    /// <summary>
    /// When and how the peer's certificate chain was verified, a resumed session's at its first handshake; null on a server that has
    /// resumed one, whose ticket says no more than until when the verdict holds, and where no certificate was shown.
    /// </summary>
    public ChainVerification? Verification => _verification ?? _sessions?.Verification;

    /// <summary>This end's address.</summary>
    public EndPoint? LocalEndPoint { get; }

    /// <summary>The other end's address. On a listener without cookies it may be forged: see <see cref="IsRemoteAddressProven"/>.</summary>
    public EndPoint? RemoteEndPoint { get; internal init; }

    internal RecordSizing RecordSizing
    {
        init => _recordSizer = new RecordSizer(value);
    }

    /// <summary>
    /// Whether the peer has shown that it gets what is sent to <see cref="RemoteEndPoint"/>. It has on every stream but those that a
    /// <see cref="FastOpenMode.Cookieless"/> listener hands out for their early data, before <see cref="IsHandshakeComplete"/>: somebody
    /// with a ticket of its own may have written a foreign address on such a request. Whoever decides by the address, or counts by it,
    /// waits (<see cref="CompleteHandshakeAsync"/>). Asks the kernel until the answer is yes.
    /// </summary>
    public bool IsRemoteAddressProven => _gate is not { IsUnproven: true };

    /// <summary>
    /// How many bytes of buffers this connection holds at the moment, of what was received, opened and sealed: 0 while it waits for the peer, when a few
    /// small objects and two cipher contexts are all that it has. May be read at any time and from any thread; while others use the stream the
    /// answer may be out of date at once.
    /// </summary>
    public int RentedBytes
    {
        get
        {
            lock (_lock)
                return _received.Rented + _plaintext.Rented + _output.Rented + _spareOutput.Rented;
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => !IsDisposed;

    /// <inheritdoc/>
    public override bool CanWrite => !IsDisposed;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Reads application data. Completes the handshake first, and hands out no byte before that: bytes that came as early data and
    /// were not read with <see cref="ReadEarlyDataAsync"/> come first, and are no replay by then (RFC 8470 section 3), but are still
    /// not forward secret.
    /// </summary>
    /// <param name="buffer">
    /// What is filled. An empty one waits until there is something to read. Records are opened in it: until the read is complete it may
    /// hold what is not authenticated, which is cleared where it turns out not to be; nobody else is to look at it before.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; the stream stays usable.</param>
    /// <returns>How many bytes were read; 0 when the peer has sent close_notify, or when the buffer is empty.</returns>
    /// <exception cref="IOException">
    /// The connection broke, or the peer violated the protocol; the inner exception says how. An end without close_notify is an
    /// <see cref="IOException"/> too, because an attacker may have cut the data short (<see cref="TlsErrorCause.TruncatedByPeer"/>).
    /// </exception>
    /// <exception cref="NotSupportedException">Another read is under way.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of, before the call or during it.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ReadAsync(ReadKind.ApplicationData, buffer, cancellationToken);

    /// <summary>
    /// Sends application data. Data of one call leaves in order; calls made at the same time do not mix. Before
    /// <see cref="IsHandshakeComplete"/> it goes to a client that has not yet shown that it is there: whoever replays a recorded
    /// ClientHello gets it too, if this server has not seen that one before, and cannot read it.
    /// </summary>
    /// <param name="buffer">What is sent.</param>
    /// <param name="cancellationToken">
    /// Ends the wait. When part of the data was on its way already, nothing more can be sent on this stream.
    /// </param>
    /// <exception cref="IOException">The connection broke, or the peer violated the protocol.</exception>
    /// <exception cref="InvalidOperationException"><see cref="ShutdownAsync"/> was called before.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of, before the call or during it.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (buffer.IsEmpty)
            return;
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _recordSizer.Begin(_socket, _timeProvider);
            do
            {
                int length = Math.Min(WriteChunk, buffer.Length);
                ReadOnlyMemory<byte> chunk = buffer[..(_gate?.RecordContent(length) ?? length)];
                buffer = buffer[chunk.Length..];
                cancellationToken.ThrowIfCancellationRequested(); // before anything is sealed that has to leave then
                lock (_lock)
                {
                    ThrowIfNotWritable();
                    Seal(chunk.Span);
                    _moreFollows = !buffer.IsEmpty;
                }

                await SendOutputAsync(cancellationToken).ConfigureAwait(false);
            }
            while (!buffer.IsEmpty);
            _recordSizer.End(_timeProvider);
        }
        catch (TlsProtocolException exception)
        {
            _moreFollows = false; // the engine is at its end: what is left to be sent is its alert
            _leftOutput = true;
            throw new IOException(exception.Message, exception);
        }
        catch (SocketException exception)
        {
            throw Broken(exception);
        }
        finally
        {
            if (_moreFollows)
                _brokenWrites = true;
            ReleaseSending();
        }
    }

    /// <summary>Sends what the handshake may have left to be sent; data is never held back otherwise.</summary>
    /// <param name="cancellationToken">Ends the wait. When it ends one for room, nothing more can be sent on this stream.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        try
        {
            await FlushHeldAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            throw Broken(exception);
        }
    }

    /// <summary>
    /// Ends this side's data: close_notify (RFC 8446 section 6.1), then TCP's FIN. Reading goes on; in TLS 1.2 a peer may answer by ending its
    /// own data in the middle (RFC 5246 section 7.2.1), so read all that is to come first. After a False Start the handshake is completed
    /// before, unless a read is under way, which completes it. A second call does nothing.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. Nothing more can be sent then.</param>
    /// <exception cref="IOException">The connection broke, or the server refused the handshake behind a False Start.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed of, before the call or during it.</exception>
    public async Task ShutdownAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (_engine is TlsClientEngine && !IsHandshakeComplete)
            await HearServerOutAsync(cancellationToken).ConfigureAwait(false);
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isShutdown)
                return;
            cancellationToken.ThrowIfCancellationRequested();
            lock (_lock)
            {
                ThrowIfNotWritable();
                _engine.SendCloseNotify(_output);
            }

            await SendOutputAsync(cancellationToken).ConfigureAwait(false);
            _isShutdown = true;
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException exception)
        {
            throw Broken(exception);
        }
        finally
        {
            ReleaseSending();
        }
    }

    /// <summary>
    /// Changes this side's sending key and, on request, asks the peer to change its own (RFC 8446 section 4.6.3). In TLS 1.2 keys do not
    /// change.
    /// </summary>
    /// <param name="requestPeer">Whether the peer is asked too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="InvalidOperationException">The version is TLS 1.2.</exception>
    public async Task UpdateKeyAsync(bool requestPeer = false, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (_lock)
            {
                ThrowIfNotWritable();
                _engine.UpdateKey(requestPeer, _output);
            }

            await SendOutputAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TlsProtocolException exception)
        {
            _leftOutput = true;
            throw new IOException(exception.Message, exception);
        }
        catch (SocketException exception)
        {
            throw Broken(exception);
        }
        finally
        {
            ReleaseSending();
        }
    }

    /// <summary>Derives keying material that both ends share and nobody else has (RFC 8446 section 7.5, RFC 5705).</summary>
    /// <param name="label">A label for the use, ASCII, at most 249 characters.</param>
    /// <param name="context">A context; an empty one and none are the same.</param>
    /// <param name="destination">What is filled.</param>
    /// <exception cref="ArgumentException">The label is one that TLS 1.2 uses itself (RFC 5705 section 4).</exception>
    /// <exception cref="InvalidOperationException">
    /// The handshake is not complete, or in TLS 1.2 the session's secret is not bound to the handshake (RFC 7627 section 5.4).
    /// </exception>
    public void ExportKeyingMaterial(string label, ReadOnlySpan<byte> context, Span<byte> destination)
    {
        lock (_lock)
            _engine.ExportKeyingMaterial(label, context, destination);
    }

    /// <summary>Not supported.</summary>
    /// <param name="offset">Unused.</param>
    /// <param name="origin">Unused.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <param name="value">Unused.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>
    /// Reads until the server's Finished, so that a server that refuses is heard of. Somebody who reads meanwhile waits; somebody who
    /// reads already hears it in this one's place.
    /// </summary>
    private async Task HearServerOutAsync(CancellationToken cancellationToken)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _hearing, heard.Task, null) is not null)
            return;
        try
        {
            if (_readGate.TryEnter())
                await ReadInsideAsync(ReadKind.Handshake, default, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _hearing, null);
            heard.SetResult();
        }
    }

    /// <summary>Lets a reader in, behind <see cref="HearServerOutAsync"/> if that is under way.</summary>
    private async ValueTask<int> ReadNextAsync(ReadKind kind, Memory<byte> buffer, Task hearing, CancellationToken cancellationToken)
    {
        await hearing.WaitAsync(cancellationToken).ConfigureAwait(false);
        _readGate.Enter();
        return await ReadInsideAsync(kind, buffer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads, and completes the handshake where it has to be complete first.</summary>
    private ValueTask<int> ReadAsync(ReadKind kind, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Task? hearing = Volatile.Read(ref _hearing);
        if (_readGate.TryEnter())
            return ReadInsideAsync(kind, buffer, cancellationToken);
        if ((hearing ?? Volatile.Read(ref _hearing)) is { } underWay)
            return ReadNextAsync(kind, buffer, underWay, cancellationToken);
        _readGate.Enter(); // says what is wrong
        return ReadInsideAsync(kind, buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadInsideAsync(ReadKind kind, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            // What the handshake left to be sent has to be on its way before an answer to it can be waited for. A write under
            // way takes it along; waiting for that one could mean to wait for a peer that waits for this side to read.
            if (_held)
                TrySendOutput();
            int direct = 0;
            while (direct == 0 && AvailableTo(kind) == 0)
            {
                if (IsAtEndOf(kind))
                    return 0;
                if (TryProcessReceived(kind, buffer, out direct))
                    SendAnswer();
                else if (!await ReceiveAsync(cancellationToken).ConfigureAwait(false))
                    EndReceived();
            }

            int copied = Math.Min(buffer.Length - direct, AvailableTo(kind));
            _plaintext.Span[..copied].CopyTo(buffer.Span[direct..]);
            _plaintext.Consume(copied);
            _plaintextRead += direct + copied;
            return direct + copied;
        }
        catch (TlsProtocolException exception)
        {
            TrySendOutput();
            ForgetSessions(exception);
            var failure = new IOException(exception.Message, exception);
            FailHandshake(failure);
            throw failure;
        }
        catch (SocketException exception)
        {
            Exception failure = Broken(exception);
            FailHandshake(failure);
            throw failure;
        }
        finally
        {
            if (_readGate.Leave())
                ReleaseReader();
        }
    }

    /// <summary>To be called with <see cref="_lock"/> held.</summary>
    private void Seal(ReadOnlySpan<byte> content)
    {
        bool isBudgeted = _gate is { IsOpen: false }; // the gate has measured one record
        if (content.Length > _engine.LargestRecord)
            _output.Reserve(content.Length + (((content.Length / _engine.LargestRecord) + 1) * _engine.RecordOverhead));
        while (!content.IsEmpty)
        {
            int length = isBudgeted
                ? content.Length
                : _recordSizer.Take(content.Length, _engine.RecordOverhead, _output.Length, _engine.LargestRecord);
            _engine.Send(content[..length], _output);
            content = content[length..];
        }
    }

    private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    private Exception Broken(SocketException exception) => IsDisposed
        ? new ObjectDisposedException("The stream was disposed of.", exception)
        : new IOException($"The connection broke: {exception.Message}.", exception);
}
