using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;

using SynHello.AspNetCore;
using SynHello.Crypto;

namespace SynHello.Cli;

/// <summary>Kestrel over a <see cref="SecureListener"/>, with static files or the built-in page.</summary>
internal static class FileServer
{
    /// <summary>Serves until the process is told to stop; requests under way are answered first.</summary>
    /// <exception cref="CommandFailure">It could not start.</exception>
    public static async Task RunAsync(ServeOptions options)
    {
        List<X509Credential> credentials = [];
        using KeyLogFile? keyLog = KeyLogFile.Open(options.KeyLogFile);
        using PhysicalFileProvider? files = OpenRoot(options.Root);
        try
        {
            foreach ((string certificate, string key) in options.Credentials)
                credentials.Add(LoadCredential(certificate, key));

            // Before anybody is told that the server is there, so that no signal comes too early.
            using var signals = new TerminationSignals();
            await using WebApplication application = Build(options, credentials, keyLog, files);
            await StartAsync(application, options.EndPoint);
            await Console.Out.WriteLineAsync($"listening on {Address(application)}");
            await signals.First;
            application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SynHello").LogInformation(
                "Stopping: no new connection is taken, requests under way are answered");
            await application.StopAsync(signals.Second);
        }
        finally
        {
            credentials.ForEach(credential => credential.Dispose());
        }
    }

    private static WebApplication Build(
        ServeOptions options, List<X509Credential> credentials, KeyLogFile? keyLog, PhysicalFileProvider? files)
    {
        // Empty: neither environment variables nor settings files of the current directory have a say.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(new StandardErrorLoggerProvider());
        builder.Logging.AddFilter("SynHello", options.Verbose ? LogLevel.Debug : LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // why it cannot start is told once
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseSynHello(listener =>
        {
            listener.ListenEndPoint = options.EndPoint;
            listener.Credentials = [.. credentials];
            listener.ApplicationProtocols = [SslApplicationProtocol.Http11, new SslApplicationProtocol("http/1.0")];
            listener.FastOpen = options.FastOpen;
            listener.MaximumEarlyData = options.EarlyDataBytes;
            listener.KeyLog = keyLog is null ? null : keyLog.Write;
            if (options.HandshakeTimeout is { } timeout)
                listener.HandshakeTimeout = timeout;
        });

        WebApplication application = builder.Build();
        application.UseEarlyData();
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

    private static X509Credential LoadCredential(string certificate, string key)
    {
        try
        {
            return X509Credential.FromPemFiles(certificate, key);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailure(
                $"cannot load the certificate {certificate} with the key {key}: {exception.Message}", exception);
        }
    }

    private static PhysicalFileProvider? OpenRoot(string? root)
    {
        if (root is null)
            return null;
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
