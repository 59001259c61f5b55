using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Keys that are elsewhere, and are waited for.</summary>
public sealed class ExternalKeyTests
{
    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.EcdsaP384)]
    [InlineData(CertificateKind.Rsa2048)]
    public async Task Handshake_WaitsForTheSigner(CertificateKind kind)
    {
        TestChain chain = TestCertificates.Shared(kind);
        using X509Credential key = chain.ToCredential();
        int asked = 0;
        var credential = new ExternalKeyCredential([chain.Leaf, .. chain.Intermediates], async (scheme, content, token) =>
        {
            Assert.True(token.CanBeCanceled);
            Assert.InRange(content.Length, 130, 146);
            Interlocked.Increment(ref asked);
            await Task.Yield();
            return Sign(key, scheme, content);
        });
        Assert.Equal(key.SignatureSchemes, credential.SignatureSchemes);
        Assert.Equal(key.MaximumSignatureLength, credential.MaximumSignatureLength);
        Assert.Equal(key.IssuerNames.Select(name => name.ToArray()), credential.IssuerNames.Select(name => name.ToArray()));
        await using SecurePair pair = await SecurePair.ConnectAsync(
            client => client.TrustedRoots = [chain.Root], listener => listener.Credentials = [credential]);
        Assert.Equal(1, asked);
        await pair.Server.WriteAsync("x"u8.ToArray());
        Assert.Equal(1, await pair.Client.ReadAsync(new byte[2]).Guarded());
    }

    [Fact]
    public void Sign_WithoutWaiting_IsNotPossible()
    {
        ExternalKeyCredential credential = Create((_, _, _) => ValueTask.FromResult(default(ReadOnlyMemory<byte>)));
        Assert.True(credential.SignsElsewhere);
        Assert.Throws<NotSupportedException>(
            () => credential.Sign(SignatureScheme.EcdsaSecp256r1Sha256, [1], new byte[credential.MaximumSignatureLength]));
    }

    [Theory]
    [InlineData("other key")]
    [InlineData("empty")]
    [InlineData("too long")]
    [InlineData("other content")]
    public async Task SignAsync_RefusesWhatIsNoSignatureByTheKey(string answer)
    {
        using X509Credential key = TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential();
        using X509Credential other = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "other").ToCredential();
        IRemoteSigner signer = Create((scheme, content, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(answer switch
        {
            "other key" => Sign(other, scheme, content),
            "empty" => [],
            "too long" => new byte[70_000],
            _ => Sign(key, scheme, content[..^1]),
        }));
        CryptographicException failure = await Assert.ThrowsAsync<CryptographicException>(
            () => signer.SignAsync(SignatureScheme.EcdsaSecp256r1Sha256, new byte[130], default).AsTask());
        Assert.Contains("The signer did not sign with the certificate's key", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignAsync_EndsWithItsToken_WhateverTheSignerDoes()
    {
        var never = new TaskCompletionSource<ReadOnlyMemory<byte>>();
        IRemoteSigner signer = Create((_, _, _) => new ValueTask<ReadOnlyMemory<byte>>(never.Task));
        using var stop = new CancellationTokenSource();
        Task<ReadOnlyMemory<byte>> signing =
            signer.SignAsync(SignatureScheme.EcdsaSecp256r1Sha256, new byte[130], stop.Token).AsTask();
        Assert.False(signing.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => signing.Guarded());
    }

    /// <summary>Nobody waits any more for a signer that fails at last, and nobody has to hear of it.</summary>
    [Fact]
    public async Task SignAsync_WhoseSignerFailsLate_LeavesNothingUnobserved()
    {
        const string Late = "This signer fails late.";
        const string Seen = "Nobody looks at this one.";
        var unobserved = new System.Collections.Concurrent.ConcurrentBag<string>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs failure) => unobserved.Add(failure.Exception.InnerException!.Message);
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await Task.Run(FailLateAsync);
            await Task.Run(() => { _ = Task.FromException(new InvalidOperationException(Seen)); });
            for (int i = 0; i < 100 && !unobserved.Contains(Seen); i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Yield();
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Contains(Seen, unobserved); // so that what is not observed is found
            Assert.DoesNotContain(Late, unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        static async Task FailLateAsync()
        {
            var answer = new TaskCompletionSource<ReadOnlyMemory<byte>>();
            IRemoteSigner signer = Create((_, _, _) => new ValueTask<ReadOnlyMemory<byte>>(answer.Task));
            using var stop = new CancellationTokenSource();
            Task<ReadOnlyMemory<byte>> signing = signer.SignAsync(SignatureScheme.EcdsaSecp256r1Sha256, new byte[130], stop.Token).AsTask();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => signing.Guarded());
            answer.SetException(new InvalidOperationException(Late));
        }
    }

    [Fact]
    public async Task Handshake_WhoseSignerFails_EndsWithInternalError()
    {
        using var log = new CollectingLogger();
        TestChain chain = TestCertificates.Shared(CertificateKind.EcdsaP256);
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.LoggerFactory = log;
            options.Credentials =
            [
                new ExternalKeyCredential([chain.Leaf], (_, _, _) => throw new InvalidOperationException("The module is out of reach.")),
            ];
        });
        AuthenticationException failure = await Assert.ThrowsAsync<AuthenticationException>(
            () => SecurePair.MakeClient().ConnectAsync(listener.LocalEndPoint, SecurePair.Host).Guarded());
        Assert.Equal(AlertDescription.InternalError, Assert.IsType<TlsProtocolException>(failure.InnerException).PeerAlert);
        Assert.Contains(
            "The module is out of reach.", (await log.NextAsync(7)).Exception!.InnerException!.Message, StringComparison.Ordinal);
    }

    /// <summary>A key may be meant for one padding only: RSASSA-PKCS1-v1_5 is used where it was named, and in TLS 1.2 only.</summary>
    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, false)]
    public async Task RsaPkcs1_IsUsedWhereItIsNamed(SslProtocols protocol, bool isPossible)
    {
        TestChain chain = TestCertificates.Shared(CertificateKind.Rsa2048);
        using X509Credential key = chain.ToCredential();
        var credential = new ExternalKeyCredential(
            [chain.Leaf, .. chain.Intermediates],
            (scheme, content, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(Sign(key, scheme, content)),
            [SignatureScheme.RsaPkcs1Sha256]);
        Assert.Equal([SignatureScheme.RsaPkcs1Sha256], credential.Tls12SignatureSchemes);
        Assert.Empty(credential.SignatureSchemes);
        await using SecureListener listener = SecurePair.Listen(options => options.Credentials = [credential]);
        SecureClient client =
            SecurePair.MakeClient(options => (options.TrustedRoots, options.EnabledSslProtocols) = ([chain.Root], protocol));
        if (!isPossible)
        {
            await Assert.ThrowsAsync<AuthenticationException>(
                () => client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host).Guarded());
            return;
        }

        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host).Guarded();
        Assert.Equal(SignatureScheme.RsaPkcs1Sha256, stream.Report.SignatureScheme);
    }

    [Fact]
    public void Schemes_HaveToFitTheKey()
    {
        TestChain chain = TestCertificates.Shared(CertificateKind.Rsa2048);
        var credential = new ExternalKeyCredential([chain.Leaf], NoAnswer, [SignatureScheme.RsaPssRsaeSha384]);
        Assert.Equal([SignatureScheme.RsaPssRsaeSha384], credential.SignatureSchemes);
        Assert.DoesNotContain(
            SignatureScheme.RsaPkcs1Sha256, new ExternalKeyCredential([chain.Leaf], NoAnswer).Tls12SignatureSchemes);
        Assert.Equal(256, credential.MaximumSignatureLength);
        Assert.Throws<ArgumentException>(
            () => new ExternalKeyCredential([chain.Leaf], NoAnswer, [SignatureScheme.EcdsaSecp256r1Sha256]));
        Assert.Throws<ArgumentException>(() => new ExternalKeyCredential([], NoAnswer));

        using ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using X509Certificate2 unknown = new System.Security.Cryptography.X509Certificates.CertificateRequest(
                "CN=p521", curve, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        Assert.ThrowsAny<CryptographicException>(() => new ExternalKeyCredential([unknown], NoAnswer));

        static ValueTask<ReadOnlyMemory<byte>> NoAnswer(SignatureScheme scheme, ReadOnlyMemory<byte> content, CancellationToken token) =>
            throw new InvalidOperationException("Nobody asks.");
    }

    private static ExternalKeyCredential Create(
        Func<SignatureScheme, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> sign) =>
        new([TestCertificates.Shared(CertificateKind.EcdsaP256).Leaf], sign);

    private static byte[] Sign(X509Credential key, SignatureScheme scheme, ReadOnlyMemory<byte> content)
    {
        byte[] signature = new byte[key.MaximumSignatureLength];
        return signature[..key.Sign(scheme, content.Span, signature)];
    }
}
