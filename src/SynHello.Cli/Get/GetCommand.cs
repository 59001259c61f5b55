using System.CommandLine;
using System.Net.Security;
using System.Text;

namespace SynHello.Cli;

/// <summary>The command "synhello get".</summary>
internal static class GetCommand
{
    public static Command Create()
    {
        var url = new Argument<Uri>("URL")
        {
            Description = "An https URL.",
            CustomParser = result => ParseUrl(result.Tokens[0].Value, result.AddError),
        };
        var caCertificates = ConnectionOptions.Named(new Option<string?>("--cacert")
        {
            Description = "Trust the roots in this PEM file instead of the system's.",
            HelpName = "FILE",
        });
        var certificate = ConnectionOptions.Named(new Option<string?>("--cert")
        {
            Description = "Show this certificate if the server asks for one, a PEM file with its intermediates.",
            HelpName = "FILE",
        });
        var key = ConnectionOptions.Named(new Option<string?>("--key")
        {
            Description = "The private key of --cert, a PEM file; without it, the key is in the certificate's file.",
            HelpName = "FILE",
        });
        var revocation = new Option<RevocationMode>("--revocation")
        {
            Description = "How to find out whether the server's certificate was revoked: off, staple (the OCSP response that comes with "
                + "it, if one does; the default), online (ask the OCSP responder) or crl (fetch the list). Who asks insists on an answer.",
            HelpName = "off|staple|online|crl",
            DefaultValueFactory = _ => RevocationMode.Staple,
            CustomParser = result => ParseRevocation(result.Tokens[0].Value, result.AddError),
        };
        var alpn = new Option<SslApplicationProtocol[]>("--alpn")
        {
            Description = "The application protocols to offer, best first and separated by commas; '' offers none.",
            HelpName = "LIST",
            DefaultValueFactory = _ => [SslApplicationProtocol.Http11],
            CustomParser = result => ParseProtocols(result.Tokens[0].Value, result.AddError),
        };
        var insecure = new Option<bool>("--insecure")
        {
            Description = "Take any certificate. Whoever is on the way can read and change everything.",
        };
        var earlyData = new Option<bool>("--early-data")
        {
            Description = "Send the request with the ClientHello, in the SYN where it fits, if a session from an earlier "
                + "run allows it. It may reach the server twice.",
        };
        var sessionFile = ConnectionOptions.Named(new Option<string?>("--session-file")
        {
            Description = "Keep sessions in this file, so that the next run is a returning visitor. It holds secrets.",
            HelpName = "FILE",
        });
        var json = new Option<bool>("--json")
        {
            Description = "Print an account of the connection as JSON instead of the body.",
        };
        var verbose = new Option<bool>("--verbose")
        {
            Description = "Print an account of the connection on standard error.",
        };
        var fastOpen = ConnectionOptions.FastOpen();
        var tls = ConnectionOptions.Tls();
        var keyLog = ConnectionOptions.KeyLog();
        var timeout = ConnectionOptions.Seconds(
            "--timeout",
            "The longest time for all of it; without it there is only the handshake's limit of 10 seconds.");

        var command =
            new Command("get", "Make one request and print the body of its response. Redirects are not followed.")
        {
            url, caCertificates, certificate, key, revocation, fastOpen, earlyData, sessionFile, tls, alpn, keyLog, insecure, json, verbose, timeout,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(key) is not null && result.GetResult(certificate) is null)
                result.AddError("--key belongs to a --cert.");
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new GetOptions
            {
                Url = parsed.GetRequiredValue(url),
                CaCertificateFile = parsed.GetValue(caCertificates),
                CertificateFile = parsed.GetValue(certificate),
                KeyFile = parsed.GetValue(key) ?? parsed.GetValue(certificate),
                Revocation = parsed.GetValue(revocation),
                Tls = parsed.GetValue(tls),
                FastOpen = parsed.GetValue(fastOpen),
                EarlyData = parsed.GetValue(earlyData),
                SessionFile = parsed.GetValue(sessionFile),
                ApplicationProtocols = parsed.GetRequiredValue(alpn),
                KeyLogFile = parsed.GetValue(keyLog),
                Insecure = parsed.GetValue(insecure),
                Json = parsed.GetValue(json),
                Verbose = parsed.GetValue(verbose),
                Timeout = parsed.GetValue(timeout),
            },
            cancellationToken));
        return command;
    }

    private static RevocationMode ParseRevocation(string text, Action<string> addError)
    {
        switch (text)
        {
            case "off":
                return RevocationMode.Off;
            case "staple":
                return RevocationMode.Staple;
            case "online":
                return RevocationMode.Online;
            case "crl":
                return RevocationMode.Crl;
            default:
                addError($"--revocation is off, staple, online or crl, not '{text}'.");
                return default;
        }
    }

    private static async Task<int> RunAsync(GetOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using var operation = new GetOperation(options);
            await operation.RunAsync(cancellationToken);
            return ExitCode.Done;
        }
        catch (CommandFailure failure)
        {
            ErrorLine.Write(failure.Message);
            return ExitCode.Failed;
        }
    }

    private static Uri ParseUrl(string text, Action<string> addError)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            && url.Scheme == Uri.UriSchemeHttps
            && url.Host.Length > 0)
        {
            if (url.UserInfo.Length == 0)
                return url;
            addError("A user name in the URL is not supported.");
        }
        else
        {
            addError($"'{text}' is not an https URL.");
        }

        return null!;
    }

    private static SslApplicationProtocol[] ParseProtocols(string text, Action<string> addError)
    {
        string[] names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (names.All(name => Encoding.UTF8.GetByteCount(name) <= byte.MaxValue))
            return [.. names.Select(name => new SslApplicationProtocol(name))];
        addError("A protocol of --alpn is longer than 255 bytes.");
        return [];
    }
}
