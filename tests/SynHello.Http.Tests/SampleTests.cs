using System.Diagnostics;
using System.Reflection;

namespace SynHello.Http.Tests;

/// <summary>The samples do what they show.</summary>
public sealed class SampleTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_IsAReturningVisitorTheSecondTime()
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        string root = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(root, WebServer.Root.ExportCertificatePem(), Cancelled);
            string program = typeof(SampleTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(attribute => attribute.Key == "SampleClient").Value!;
            using Process client = Process.Start(new ProcessStartInfo("dotnet", [program, server.Uri.ToString()])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["SSL_CERT_FILE"] = root },
            })!;
            Task<string> error = client.StandardError.ReadToEndAsync(Cancelled);
            string[] lines = (await client.StandardOutput.ReadToEndAsync(Cancelled)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            await client.WaitForExitAsync(Cancelled);

            Assert.Equal("", await error);
            Assert.Equal(4, lines.Length);
            Assert.EndsWith("early data: none", lines[0], StringComparison.Ordinal);
            Assert.EndsWith("early data: accepted", lines[2], StringComparison.Ordinal);
            Assert.Equal(("200: 5 characters", "200: 5 characters"), (lines[1], lines[3]));
            Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early"], server.Requests);
        }
        finally
        {
            File.Delete(root);
        }
    }
}
