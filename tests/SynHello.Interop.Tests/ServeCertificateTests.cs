using System.Net;

namespace SynHello.Interop.Tests;

/// <summary>"synhello serve" with several certificates, which change while it serves.</summary>
public sealed class ServeCertificateTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-hosts-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("elsewhere.example", true)]
    [InlineData("ELSEWHERE.example", true)]
    [InlineData("unknown.example", false)]
    [InlineData(null, false)]
    public async Task Serve_ShowsOpenSslTheCertificateOfTheHost(string? host, bool other)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var first = Identity.For(endPoint.Address);
        var second = Identity.ForOtherHost();
        await using ChildProcess serve = await Synhello.ServeAsync(
            endPoint, first, "--cert", second.CertificateFile, "--key", second.KeyFile);
        Assert.Equal(
            Certificate((other ? second : first).CertificateFile), await ShownAsync(endPoint, host));
    }

    /// <summary>A renewal in two steps: what lies between them is served as before.</summary>
    [Fact]
    public async Task Serve_TakesUpNewCertificates_AndKeepsTheOldWhileTheNewAreBroken()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var before = Identity.For(endPoint.Address);
        var after = Identity.For(endPoint.Address, KeyKind.P384);
        string certificate = Path.Combine(_directory.FullName, "live.crt");
        string key = Path.Combine(_directory.FullName, "live.key");
        File.Copy(before.CertificateFile, certificate);
        File.Copy(before.KeyFile, key);
        var other = Identity.ForOtherHost();
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, other, "--cert", certificate, "--key", key);
        Assert.Equal(Certificate(before.CertificateFile), await ShownAsync(endPoint, Identity.Host));

        File.Copy(after.CertificateFile, certificate, overwrite: true);
        string kept = await serve.WaitForLineAsync(line => line.Contains("shown on", StringComparison.Ordinal));
        Assert.Contains(key, kept, StringComparison.Ordinal);
        Assert.Equal(Certificate(before.CertificateFile), await ShownAsync(endPoint, Identity.Host));

        File.Copy(after.KeyFile, key, overwrite: true);
        await serve.WaitForLineAsync(line => line.Contains($"was loaded anew from {certificate}", StringComparison.Ordinal));
        Assert.Equal(Certificate(after.CertificateFile), await ShownAsync(endPoint, Identity.Host));
    }

    private static string Certificate(string file) => File.ReadAllText(file).ReplaceLineEndings("\n").Trim();

    /// <summary>The certificate that openssl is shown.</summary>
    private static async Task<string> ShownAsync(IPEndPoint endPoint, string? host)
    {
        string[] name = host is null ? ["-noservername"] : ["-servername", host];
        await using var client = ChildProcess.Start("openssl", ["s_client", "-connect", $"{endPoint}", .. name]);
        await client.WaitForAsync("-----END CERTIFICATE-----");

        // What openssl says of the verification comes on another pipe, and may come in between.
        List<string> lines =
            [.. client.Lines.Select(line => line.Trim()).Where(line => line.StartsWith('-') || !line.Contains(' ', StringComparison.Ordinal))];
        int start = lines.IndexOf("-----BEGIN CERTIFICATE-----");
        return string.Join('\n', lines[start..(lines.IndexOf("-----END CERTIFICATE-----") + 1)]);
    }
}
