using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>
/// Who is asked in a handshake may never answer, and not look at the token either: a client that is canceled and a listener that is disposed
/// of still end at once.
/// </summary>
public sealed class DeafAnswerTests
{
    private static readonly TestClientAuthority _authority = new("SynHello clients");
    private static readonly TestChain _identity = _authority.Issue("alice");

    private static readonly TestChain _answered = TestCertificates.Issue(
        CertificateKind.EcdsaP256, [SecurePair.Host], extensions: TestCertificates.OcspResponders("http://responder.example/"));

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TheoryData<string> Questions =>
        ["server's signer", "server's certificate", "client's signer", "client's certificate", "responder"];

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Question_ThatIsNeverAnswered_HoldsNobodyUp(string question)
    {
        SecureListener listener = SecurePair.Listen(options =>
        {
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
            options.Credentials =
            [
                question == "server's signer" ? new DeafSigner(_answered, AskAsync<ReadOnlyMemory<byte>>) : _answered.ToCredential(),
            ];
            if (question == "server's certificate")
            {
                options.Credentials = [];
                options.CredentialCallback = (_, _) => AskAsync<IReadOnlyList<TlsCredential>>();
            }

            options.ClientCertificateMode = TlsClientCertificateMode.Requested;
            options.TrustedClientRoots = [_authority.Root];
        });
        SecureClient client = SecurePair.MakeClient(options =>
        {
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
            options.TrustedRoots = [_answered.Root];
            if (question == "client's signer")
                options.Credentials = [new DeafSigner(_identity, AskAsync<ReadOnlyMemory<byte>>)];
            if (question == "client's certificate")
                options.CredentialCallback = (_, _) => AskAsync<IReadOnlyList<TlsCredential>>();
            if (question == "responder")
            {
                options.Revocation = new RevocationOptions
                {
                    Mode = RevocationMode.Online,
                    HttpInvoker = new HttpMessageInvoker(new DeafResponder(AskAsync<HttpResponseMessage>)),
                    Timeout = TimeSpan.FromSeconds(60),
                };
            }
        });
        using var cancellation = new CancellationTokenSource();
        Task<SecureStream> connecting =
            client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, cancellation.Token).AsTask();
        await _asked.Task.Guarded();

        await listener.DisposeAsync().Guarded();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => connecting.Guarded());
        Assert.True(connecting.IsFaulted || connecting.IsCanceled, "The call goes on.");
    }

    private ValueTask<T> AskAsync<T>()
    {
        _asked.TrySetResult();
        return new ValueTask<T>(new TaskCompletionSource<T>().Task);
    }

    private sealed class DeafResponder(Func<ValueTask<HttpResponseMessage>> ask) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            ask().AsTask();
    }

    private sealed class DeafSigner(TestChain chain, Func<ValueTask<ReadOnlyMemory<byte>>> ask) : TlsCredential, IRemoteSigner
    {
        private readonly TlsCredential _local = chain.ToCredential();

        public override bool SignsElsewhere => true;

        public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => _local.CertificateChain;

        public override IReadOnlyList<SignatureScheme> SignatureSchemes => _local.SignatureSchemes;

        public override int MaximumSignatureLength => _local.MaximumSignatureLength;

        public ValueTask<ReadOnlyMemory<byte>> SignAsync(
            SignatureScheme scheme, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => ask();

        public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
            throw new NotSupportedException();
    }
}
