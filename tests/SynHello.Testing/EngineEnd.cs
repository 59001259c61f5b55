using System.Buffers;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Testing;

/// <summary>
/// One engine as its owner would drive it: unconsumed input is kept, verdicts are given, all that comes out is
/// recorded.
/// </summary>
public sealed class EngineEnd(TlsEngine engine) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _plaintext = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _unconsumed = [];
    private int _taken;

    public TlsEngine Engine { get; } = engine;

    /// <summary>Why the connection was given up; null as long as it was not.</summary>
    public TlsProtocolException? Failure { get; private set; }

    public List<TlsEvent> Events { get; } = [];

    /// <summary>What a client answers NeedCertificateVerdict: null accepts.</summary>
    public TlsProtocolException? Verdict { get; set; }

    /// <summary>Whether a server takes the early data that it is asked about; by default it does.</summary>
    public Func<EarlyDataAttempt, bool> TakesEarlyData { get; set; } = _ => true;

    /// <summary>Whether verdicts are given at once; otherwise the test gives them.</summary>
    public bool AnswersVerdicts { get; set; } = true;

    /// <summary>All application data so far.</summary>
    public ReadOnlySpan<byte> Plaintext => _plaintext.WrittenSpan;

    /// <summary>All bytes for the peer so far, taken or not.</summary>
    public ReadOnlySpan<byte> Sent => _output.WrittenSpan;

    /// <summary>Bytes that were handed in and wait for the rest of their record.</summary>
    public int Unconsumed => _unconsumed.Length;

    /// <summary>Where the test's own calls of the engine write.</summary>
    public IBufferWriter<byte> Output => _output;

    /// <summary>What was not taken yet of the bytes for the peer.</summary>
    public byte[] TakeOutput()
    {
        byte[] bytes = Sent[_taken..].ToArray();
        _taken = Sent.Length;
        return bytes;
    }

    /// <summary>
    /// Hands bytes in. A failure is kept in <see cref="Failure"/>; what comes after it is not handed in.
    /// </summary>
    public void Deliver(ReadOnlySpan<byte> bytes)
    {
        _unconsumed = [.. _unconsumed, .. bytes];
        Drive();
    }

    /// <summary>Goes on after a verdict.</summary>
    public void Drive()
    {
        bool again = true;
        while (again && Failure is null)
        {
            again = false;
            try
            {
                int consumed = Engine.Receive(_unconsumed, _plaintext, _output);
                _unconsumed = _unconsumed[consumed..];
            }
            catch (TlsProtocolException failure)
            {
                Failure = failure;
            }

            while (Engine.TryRead(out TlsEvent tlsEvent))
            {
                Events.Add(tlsEvent);
                if (Failure is not null)
                    continue; // nothing can be answered any more
                if (tlsEvent == TlsEvent.NeedCertificateVerdict && AnswersVerdicts)
                    again = Answer((TlsClientEngine)Engine);
                if (tlsEvent == TlsEvent.NeedEarlyDataVerdict && AnswersVerdicts)
                    again = Answer((TlsServerEngine)Engine);
            }
        }
    }

    public void Send(ReadOnlySpan<byte> plaintext) => Engine.Send(plaintext, _output);

    public void Dispose() => Engine.Dispose();

    private bool Answer(TlsServerEngine server)
    {
        if (TakesEarlyData(server.EarlyDataAttempt!))
            server.AcceptEarlyData(_output);
        else
            server.RejectEarlyData(_output);
        return true;
    }

    private bool Answer(TlsClientEngine client)
    {
        if (Verdict is null)
        {
            client.AcceptCertificate();
            return true;
        }

        client.RefuseCertificate(Verdict, _output);
        Failure = Verdict;
        return false;
    }
}
