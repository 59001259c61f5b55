using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Interop.Tests;
using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>OpenSSL's responder and its client against ours, on the system's clock.</summary>
public sealed class OpenSslOcspTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("synhello-ocsp-").FullName;

    [Theory]
    [InlineData(CertificateKind.EcdsaP256, false, "sha256", false)]
    [InlineData(CertificateKind.EcdsaP256, true, "sha256", false)]
    [InlineData(CertificateKind.EcdsaP384, true, "sha384", true)]
    [InlineData(CertificateKind.Rsa2048, false, "sha512", true)]
    [InlineData(CertificateKind.Rsa2048, true, "sha256", false)]
    public void ResponseOfOpenSsl_IsVerified(CertificateKind kind, bool isDelegated, string hash, bool byKey)
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"], authorities: kind);
        WriteAuthority(chain, isDelegated);
        Dictionary<string, RevocationStatus> expected = new()
        {
            ["V"] = RevocationStatus.Good,
            ["R"] = RevocationStatus.Revoked,
            [""] = RevocationStatus.Unproven,
        };
        foreach ((string state, RevocationStatus status) in expected)
        {
            WriteIndex(chain, state);
            byte[] response = Respond(OcspRequest.For(chain.Leaf, chain.Issuer), [$"-rmd", hash, .. byKey ? (string[])["-resp_key_id"] : []]);

            RevocationVerdict verdict = OcspVerifier.Verify(response, chain.Leaf, chain.Issuer, DateTimeOffset.UtcNow);

            Assert.Equal(status, verdict.Status);
            if (status == RevocationStatus.Unproven)
                Assert.Equal(RevocationProblem.UnknownCertificate, verdict.Problem);
            if (status == RevocationStatus.Revoked)
                Assert.Equal(X509RevocationReason.KeyCompromise, verdict.Reason);
        }
    }

    [Fact]
    public void PssSignatureOfOpenSsl_IsVerified()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"], authorities: CertificateKind.Rsa2048);
        WriteAuthority(chain, isDelegated: false);
        WriteIndex(chain, "V");
        byte[] request = OcspRequest.For(chain.Leaf, chain.Issuer);

        foreach (string salt in (string[])["-1", "20"]) // as long as the hash, and another
        {
            byte[] response = Respond(
                request, ["-rmd", "sha256", "-rsigopt", "rsa_padding_mode:pss", "-rsigopt", $"rsa_pss_saltlen:{salt}"]);

            Assert.Equal(
                salt == "-1" ? RevocationProblem.None : RevocationProblem.UnsupportedSignature,
                OcspVerifier.Verify(response, chain.Leaf, chain.Issuer, DateTimeOffset.UtcNow).Problem);
        }
    }

    [Fact]
    public void Sha1SignatureOfOpenSsl_IsNotTaken()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"], authorities: CertificateKind.Rsa2048);
        WriteAuthority(chain, isDelegated: false);
        WriteIndex(chain, "V");

        byte[] response = Respond(OcspRequest.For(chain.Leaf, chain.Issuer), ["-rmd", "sha1"]);

        Assert.Equal(
            RevocationProblem.UnsupportedSignature,
            OcspVerifier.Verify(response, chain.Leaf, chain.Issuer, DateTimeOffset.UtcNow).Problem);
    }

    /// <summary>The responses that the other tests are made of are what OpenSSL takes for right, or for wrong.</summary>
    [Theory]
    [InlineData(OcspResponseBuilder.Good, ": good")]
    [InlineData(OcspResponseBuilder.Revoked, ": revoked")]
    [InlineData(OcspResponseBuilder.Unknown, ": unknown")]
    public void ResponsesOfTheTests_AreRightToOpenSsl(string status, string printed)
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
        WriteAuthority(chain, isDelegated: true);
        File.WriteAllBytes(PathOf("response.der"), new OcspResponseBuilder(chain.Leaf, chain.Issuer, DateTimeOffset.UtcNow)
        {
            Statuses = [status],
        }.Build());

        string output = Run([
            "-respin", PathOf("response.der"), "-issuer", PathOf("issuer.pem"), "-cert", PathOf("leaf.pem"), "-no_nonce",
            "-CAfile", PathOf("root.pem"), "-verify_other", PathOf("issuer.pem"), "-trust_other",
        ]);

        Assert.Contains("Response verify OK", output, StringComparison.Ordinal);
        Assert.Contains(printed, output, StringComparison.Ordinal);
    }

    /// <summary>A responder of its own, asked over HTTP by a client and by a server.</summary>
    [Fact]
    public async Task ResponderOfOpenSsl_AnswersClientAndServer()
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.EcdsaP256, ["example.com"]);
        WriteAuthority(chain, isDelegated: true);
        WriteIndex(chain, "V");
        await using ChildProcess responder = ChildProcess.Start(
            "openssl", ["ocsp", "-port", "0", "-ndays", "1", .. ResponderArguments]);
        string accepting = await responder.WaitForLineAsync(line => line.Contains("ACCEPT", StringComparison.Ordinal));
        string port = accepting.Split(' ').First(word => word.Contains(':', StringComparison.Ordinal)).Split(':')[^1];
        var address = new Uri($"http://127.0.0.1:{port}/");

        OcspAnswer answer = await new OcspClient(null, TimeSpan.FromSeconds(60), TimeProvider.System).AskAsync(
            chain.Leaf, chain.Issuer, [address], TestContext.Current.CancellationToken).Guarded();
        Assert.True(answer.Verdict.Status == RevocationStatus.Good, answer.Verdict.Description);

        using X509Credential credential = chain.ToCredential();
        await using var stapler = new OcspStapler(credential, options: new OcspStaplerOptions { ResponderUri = address });
        await stapler.WaitForResponsesAsync(TestContext.Current.CancellationToken).Guarded();
        Assert.False(stapler.Credential.OcspResponses[0].IsEmpty);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string[] ResponderArguments =>
    [
        "-index", PathOf("index.txt"), "-CA", PathOf("issuer.pem"), "-rsigner", PathOf("responder.pem"), "-rkey", PathOf("responder.key"),
    ];

    private string PathOf(string name) => Path.Combine(_folder, name);

    private void WriteAuthority(TestChain chain, bool isDelegated)
    {
        File.WriteAllText(PathOf("root.pem"), chain.Root.ExportCertificatePem());
        File.WriteAllText(PathOf("issuer.pem"), chain.Issuer.ExportCertificatePem());
        File.WriteAllText(PathOf("leaf.pem"), chain.Leaf.ExportCertificatePem());
        using AsymmetricAlgorithm key = isDelegated
            ? ECDsa.Create(ECCurve.NamedCurves.nistP256)
            : chain.Issuer.GetECDsaPrivateKey() as AsymmetricAlgorithm ?? chain.Issuer.GetRSAPrivateKey()!;
        using X509Certificate2 responder = isDelegated
            ? OcspSamples.Responder(
                chain.Issuer, key, notBefore: DateTimeOffset.UtcNow.AddDays(-1), notAfter: DateTimeOffset.UtcNow.AddDays(1))
            : X509CertificateLoader.LoadCertificate(chain.Issuer.RawData);
        File.WriteAllText(PathOf("responder.pem"), responder.ExportCertificatePem());
        File.WriteAllText(PathOf("responder.key"), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The database of "openssl ca".</summary>
    private void WriteIndex(TestChain chain, string state)
    {
        string end = Format(chain.Leaf.NotAfter);
        string revoked = state == "R" ? Format(DateTime.UtcNow.AddHours(-2)) + ",keyCompromise" : "";
        File.WriteAllText(
            PathOf("index.txt"),
            state.Length == 0 ? "" : $"{state}\t{end}\t{revoked}\t{chain.Leaf.SerialNumber}\tunknown\t/CN=example.com\n");
        static string Format(DateTime time) => time.ToUniversalTime().ToString("yyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
    }

    private byte[] Respond(byte[] request, string[] options)
    {
        File.WriteAllBytes(PathOf("request.der"), request);
        File.Delete(PathOf("response.der"));
        Run([
            "-reqin", PathOf("request.der"), "-respout", PathOf("response.der"), "-ndays", "1", .. ResponderArguments, .. options,
        ]);
        return File.ReadAllBytes(PathOf("response.der"));
    }

    private static string Run(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("openssl", ["ocsp", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string all = output + errors.GetAwaiter().GetResult();
        Assert.True(process.ExitCode == 0, all);
        return all;
    }
}
