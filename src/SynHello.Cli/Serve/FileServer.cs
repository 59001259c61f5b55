using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

using SynHello.AspNetCore;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>Kestrel over a <see cref="SecureListener"/>, with static files or the built-in page.</summary>
internal static class FileServer
{
    private static readonly TimeSpan ResponseTime = TimeSpan.FromSeconds(3);

    /// <summary>Serves until the process is told to stop; requests under way are answered first.</summary>
    /// <exception cref="CommandFailure">It could not start.</exception>
    public static async Task RunAsync(ServeOptions options)
    {
        using ILoggerFactory logging = LoggerFactory.Create(builder => ConfigureLogging(builder, options));
        using KeyLogFile? keyLog = KeyLogFile.Open(options.KeyLogFile);
        using PhysicalFileProvider? files = OpenRoot(options.Root);
        await using CertificateFiles certificates = LoadCertificates(options, logging);
        X509Certificate2Collection? clientRoots = options.ClientCaFile is { } file ? RootCertificates.Load(file) : null;

        await AwaitResponsesAsync(certificates);

        // Before anybody is told that the server is there, so that no signal comes too early.
        using var signals = new TerminationSignals();
        await using WebApplication application = Build(options, certificates, clientRoots, keyLog, files);
        await StartAsync(application, options.EndPoint);
        await Console.Out.WriteLineAsync($"listening on {Address(application)}");
        await signals.First;
        application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SynHello").LogInformation(
            "Stopping: no new connection is taken, requests under way are answered");
        await application.StopAsync(signals.Second);
    }

    private static void ConfigureLogging(ILoggingBuilder logging, ServeOptions options)
    {
        logging.AddProvider(new StandardErrorLoggerProvider());
        logging.AddFilter("SynHello", options.Verbose ? LogLevel.Debug : LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // why it cannot start is told once
    }

    private static WebApplication Build(
        ServeOptions options,
        CertificateFiles certificates,
        X509Certificate2Collection? clientRoots,
        KeyLogFile? keyLog,
        PhysicalFileProvider? files)
    {
        // Empty: neither environment variables nor settings files of the current directory have a say.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        ConfigureLogging(builder.Logging, options);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseSynHello(listener =>
        {
            listener.ListenEndPoint = options.EndPoint;
            listener.Credentials = [.. certificates.Credentials];
            listener.CredentialSelector = certificates.Select;
            if (clientRoots is not null)
            {
                listener.ClientCertificateMode = TlsClientCertificateMode.Required;
                listener.TrustedClientRoots = clientRoots;
            }

            listener.ApplicationProtocols = [SslApplicationProtocol.Http11, new SslApplicationProtocol("http/1.0")];
            listener.FastOpen = options.FastOpen;
            listener.EnabledSslProtocols = options.Tls;
            listener.MaximumEarlyData = options.EarlyDataBytes;
            listener.KeyLog = keyLog is null ? null : keyLog.Write;
            if (options.HandshakeTimeout is { } timeout)
                listener.HandshakeTimeout = timeout;
        });

        WebApplication application = builder.Build();
        application.UseEarlyData(new EarlyDataOptions { AllowByDefault = true, AllowUnprovenAddresses = true }); // it serves what is there to anybody
        if (files is not null)
        {
            application.UseDefaultFiles(
                new DefaultFilesOptions { FileProvider = files, DefaultFileNames = ["index.html"] });
            application.UseStaticFiles(new StaticFileOptions
            {
                FileProvider = files,
                ServeUnknownFileTypes = true,
                DefaultContentType = "application/octet-stream",
                OnPrepareResponse = file => file.Context.Response.Headers.XContentTypeOptions = "nosniff",
            });
        }

        application.Run(files is null ? ConnectionPage.WriteAsync : NotFound.WriteAsync);
        return application;
    }

    private static async Task StartAsync(WebApplication application, IPEndPoint endPoint)
    {
        try
        {
            await application.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            SocketException? socket = null;
            for (Exception? inner = exception; inner is not null && socket is null; inner = inner.InnerException)
                socket = inner as SocketException;
            string reason = socket?.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the address is in use",
                SocketError.AccessDenied => "this user may not listen there",
                SocketError.AddressNotAvailable => "this machine has no such address",
                _ => (socket ?? exception).Message,
            };
            throw new CommandFailure($"cannot listen on {endPoint}: {reason}.", exception);
        }
    }

    private static string Address(WebApplication application)
    {
        var server = application.Services.GetRequiredService<IServer>();
        ICollection<string> addresses = server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        return addresses.Single().Split("://", 2)[1];
    }

    private static CertificateFiles LoadCertificates(ServeOptions options, ILoggerFactory logging)
    {
        try
        {
            return new CertificateFiles(
                options.Credentials.Select(pair => new CertificateFile(pair.Certificate, pair.Key)),
                new CertificateFilesOptions
                {
                    OcspStapling = options.StaplesOcsp ? new OcspStaplerOptions { LoggerFactory = logging } : null,
                    OcspDirectory = options.OcspDirectory,
                    LoggerFactory = logging,
                });
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new CommandFailure($"cannot load a certificate and its key: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Waits a while for OCSP responses, which clients may insist on from the first connection on; a responder that is down must not keep
    /// a server from opening.
    /// </summary>
    private static async Task AwaitResponsesAsync(CertificateFiles certificates)
    {
        using var patience = new CancellationTokenSource(ResponseTime);
        try
        {
            await certificates.WaitForResponsesAsync(patience.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or CryptographicException)
        {
            // The log says why.
        }
    }

    private static PhysicalFileProvider? OpenRoot(string? root)
    {
        if (root is null)
            return null;
        if (!Directory.Exists(root))
            throw new CommandFailure($"cannot serve the directory {root}: it does not exist.");
        try
        {
            return new PhysicalFileProvider(Path.GetFullPath(root));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFailure($"cannot serve the directory {root}: {exception.Message}", exception);
        }
    }
}
