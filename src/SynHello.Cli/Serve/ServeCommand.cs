using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SynHello.Cli;

/// <summary>The command "synhello serve".</summary>
internal static class ServeCommand
{
    private const int MostEarlyData = 1 << 20;

    public static Command Create()
    {
        var listen = new Option<IPEndPoint>("--listen")
        {
            Description = "The IP address and port to listen on, an IPv6 address in brackets; port 0 takes a free one.",
            HelpName = "ADDR:PORT",
            Required = true,
            CustomParser = result => ParseEndPoint(result.Tokens[0].Value, result.AddError),
        };
        var certificates = ConnectionOptions.Named(new Option<string[]>("--cert")
        {
            Description = "The certificate and then its intermediates, a PEM file (the library reads PFX files and certificate stores "
                + "too). May be repeated, each time with a --key: each is shown for the hosts that it names, the first for all others "
                + "too. Loaded anew when it changes.",
            HelpName = "FILE",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
        });
        var keys = ConnectionOptions.Named(new Option<string[]>("--key")
        {
            Description = "The certificate's private key, a PEM file: PKCS #8, SEC 1 or PKCS #1, not encrypted.",
            HelpName = "FILE",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
        });
        var root = ConnectionOptions.Named(new Option<string?>("--root")
        {
            Description =
                "Serve the files in this directory; without it, a page that tells how the connection was made.",
            HelpName = "DIR",
        });
        var clientCa = ConnectionOptions.Named(new Option<string?>("--client-ca")
        {
            Description = "Take only clients that show a certificate issued under one of the roots in this PEM file.",
            HelpName = "FILE",
        });
        var ocsp = ConnectionOptions.Named(new Option<string?>("--ocsp")
        {
            Description = "Fetch OCSP responses for the certificates, in the background, and show them to clients; with a directory, "
                + "keep them there across restarts.",
            HelpName = "DIR",
            Arity = ArgumentArity.ZeroOrOne,
        });
        var verbose = new Option<bool>("--verbose") { Description = "Log every connection." };
        var fastOpen = ConnectionOptions.FastOpen();
        var tls = ConnectionOptions.Tls();
        var keyLog = ConnectionOptions.KeyLog();
        var handshakeTimeout = ConnectionOptions.Seconds(
            "--handshake-timeout", "The longest time that a handshake may take; 10 seconds by default.");

        var earlyData = new Option<int>("--early-data")
        {
            Description = "Take up to this many bytes of early data of a returning client (GET, HEAD and OPTIONS; others are "
                + "answered 425). 0, the default, takes none.",
            HelpName = "BYTES",
            CustomParser = result => ParseEarlyData(result.Tokens[0].Value, result.AddError),
        };

        var command = new Command("serve", "Serve files over HTTPS until SIGTERM or SIGINT.")
        {
            listen, certificates, keys, clientCa, ocsp, root, fastOpen, earlyData, tls, keyLog, handshakeTimeout, verbose,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(certificates)?.Tokens.Count != result.GetResult(keys)?.Tokens.Count)
                result.AddError("--cert and --key belong together: give as many of one as of the other.");
        });
        command.SetAction((parsed, _) => RunAsync(new ServeOptions
        {
            EndPoint = parsed.GetRequiredValue(listen),
            Credentials = [.. parsed.GetRequiredValue(certificates).Zip(parsed.GetRequiredValue(keys))],
            ClientCaFile = parsed.GetValue(clientCa),
            StaplesOcsp = parsed.GetResult(ocsp) is not null,
            OcspDirectory = parsed.GetValue(ocsp),
            Root = parsed.GetValue(root),
            Tls = parsed.GetValue(tls),
            FastOpen = parsed.GetValue(fastOpen),
            EarlyDataBytes = parsed.GetValue(earlyData),
            KeyLogFile = parsed.GetValue(keyLog),
            HandshakeTimeout = parsed.GetValue(handshakeTimeout),
            Verbose = parsed.GetValue(verbose),
        }));
        return command;
    }

    private static async Task<int> RunAsync(ServeOptions options)
    {
        try
        {
            await FileServer.RunAsync(options);
            return ExitCode.Done;
        }
        catch (CommandFailure failure)
        {
            ErrorLine.Write(failure.Message);
            return ExitCode.Failed;
        }
    }

    private static int ParseEarlyData(string text, Action<string> addError)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes)
            && bytes <= MostEarlyData)
        {
            return bytes;
        }

        addError($"--early-data is a number of bytes from 0 to {MostEarlyData}, not '{text}'.");
        return 0;
    }

    private static IPEndPoint ParseEndPoint(string text, Action<string> addError)
    {
        int colon = text.LastIndexOf(':');
        ReadOnlySpan<char> number = text.AsSpan(colon + 1);
        if (colon > 0 && ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            ReadOnlySpan<char> host = text.AsSpan(0, colon);
            bool bracketed = host is ['[', .., ']'];
            if (IPAddress.TryParse(bracketed ? host[1..^1] : host, out IPAddress? address)
                && (address.AddressFamily == AddressFamily.InterNetworkV6) == bracketed)
            {
                return new IPEndPoint(address, port);
            }
        }

        addError($"--listen is an IP address and a port, such as 127.0.0.1:8443 or [::1]:8443, not '{text}'.");
        return null!;
    }
}
