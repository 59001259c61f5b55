using System.CommandLine;
using System.Globalization;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>The options that get and serve have in common.</summary>
internal static class ConnectionOptions
{
    public static Option<FastOpenMode> FastOpen()
    {
        var option = new Option<FastOpenMode>("--fast-open")
        {
            Description =
                "Whether the ClientHello rides in the SYN: off, cookie (from the second visit on) or cookieless.",
            HelpName = "off|cookie|cookieless",
            DefaultValueFactory = _ => FastOpenMode.Cookie,
            CustomParser = result =>
            {
                switch (result.Tokens[0].Value)
                {
                    case "off":
                        return FastOpenMode.Off;
                    case "cookie":
                        return FastOpenMode.Cookie;
                    case "cookieless":
                        return FastOpenMode.Cookieless;
                    default:
                        result.AddError($"--fast-open is off, cookie or cookieless, not '{result.Tokens[0].Value}'.");
                        return default;
                }
            },
        };
        return option;
    }

    public static Option<SslProtocols> Tls() => new("--tls")
    {
        Description = "The TLS version: 1.2, 1.3 or all, of which the newest is taken that both ends speak.",
        HelpName = "1.2|1.3|all",
        DefaultValueFactory = _ => SslProtocols.Tls12 | SslProtocols.Tls13,
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "1.2":
                    return SslProtocols.Tls12;
                case "1.3":
                    return SslProtocols.Tls13;
                case "all":
                    return SslProtocols.Tls12 | SslProtocols.Tls13;
                default:
                    result.AddError($"--tls is 1.2, 1.3 or all, not '{result.Tokens[0].Value}'.");
                    return default;
            }
        },
    };

    public static Option<string?> KeyLog() => Named(new Option<string?>("--keylog")
    {
        Description =
            "Append the connections' secrets to this file, for Wireshark (SSLKEYLOGFILE). For debugging only.",
        HelpName = "FILE",
    });

    /// <summary>An option whose values name files or directories, none of which has an empty name.</summary>
    public static T Named<T>(T option)
        where T : Option
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
                result.AddError($"{option.Name} is the name of a {(option.HelpName == "DIR" ? "directory" : "file")}, and not empty.");
        });
        return option;
    }

    public static Option<TimeSpan?> Seconds(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SECONDS",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
                && seconds is >= 0.001 and <= 1_000_000)
            {
                return TimeSpan.FromSeconds(seconds);
            }

            result.AddError($"{name} is a number of seconds above 0, not '{text}'.");
            return null;
        },
    };
}
