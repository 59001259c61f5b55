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

    /// <summary>What is answered to NeedCertificateVerdict: null accepts.</summary>
    public TlsProtocolException? Verdict { get; set; }

    /// <summary>What is answered to NeedCredential.</summary>
    public IReadOnlyList<TlsCredential> Credentials { get; set; } = [];

    /// <summary>Until when the verdict on a client's certificate holds.</summary>
    public DateTimeOffset? VerifiedUntil { get; set; }

    /// <summary>Makes the signatures that are asked for; by default with the credential's own key.</summary>
    public Func<TlsSignatureRequest, byte[]> Signs { get; set; } = request =>
    {
        byte[] signature = new byte[request.Credential.MaximumSignatureLength];
        return signature[..request.Credential.Sign(request.Scheme, request.Content.Span, signature)];
    };

    /// <summary>Whether a server takes the early data that it is asked about; by default it does.</summary>
    public Func<EarlyDataAttempt, bool> TakesEarlyData { get; set; } = _ => true;

    /// <summary>Looks up the sessions that are asked for; by default there are none.</summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Sessions { get; set; } = _ => default;

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
                if (AnswersVerdicts)
                    again |= Answer(tlsEvent);
            }
        }
    }

    public void Send(ReadOnlySpan<byte> plaintext) => Engine.Send(plaintext, _output);

    public void Dispose() => Engine.Dispose();

    private bool Answer(TlsEvent tlsEvent)
    {
        try
        {
            switch (tlsEvent)
            {
                case TlsEvent.NeedCertificateVerdict when Verdict is not null:
                    Engine.RefuseCertificate(Verdict, _output);
                    Failure = Verdict;
                    return false;
                case TlsEvent.NeedCertificateVerdict:
                    Engine.AcceptCertificate(VerifiedUntil);
                    return true;
                case TlsEvent.NeedCredential:
                    Engine.UseCredentials(Credentials, _output);
                    return true;
                case TlsEvent.NeedSignature:
                    Engine.UseSignature(Signs(Engine.SignatureRequest!), _output);
                    return true;
                case TlsEvent.NeedSession:
                    ((TlsServerEngine)Engine).UseSession(Sessions(((TlsServerEngine)Engine).SessionLookup).Span, _output);
                    return true;
                case TlsEvent.NeedEarlyDataVerdict when TakesEarlyData(((TlsServerEngine)Engine).EarlyDataAttempt!):
                    ((TlsServerEngine)Engine).AcceptEarlyData(_output);
                    return true;
                case TlsEvent.NeedEarlyDataVerdict:
                    ((TlsServerEngine)Engine).RejectEarlyData(_output);
                    return true;
                default:
                    return false;
            }
        }
        catch (TlsProtocolException failure)
        {
            Failure = failure;
            return false;
        }
    }
}
