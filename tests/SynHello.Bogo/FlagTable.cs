using System.Globalization;
using System.Text;

using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// The flags of the runner's protocol that are implemented, and what each sets. Every other flag is not implemented.
/// </summary>
internal static class FlagTable
{
    private const string OnInitial = "-on-initial";
    private const string OnResume = "-on-resume";
    private const string OnRetry = "-on-retry";
    private const string OnShim = "-on-shim";

    private static readonly Dictionary<string, Flag> s_flags = new(StringComparer.Ordinal)
    {
        ["-port"] = Number((flags, value) => flags.Port = value),
        ["-shim-id"] = Text((flags, value) => flags.ShimId = ulong.Parse(value, CultureInfo.InvariantCulture)),
        ["-ipv6"] = On(flags => flags.IPv6 = true),
        ["-server"] = On(flags => flags.IsServer = true),
        ["-resume-count"] = Number((flags, value) => flags.ResumeCount = value),
        ["-resumption-delay"] = Number((flags, value) => flags.ResumptionDelay = value),
        ["-async"] = On(flags => flags.Async = true),
        ["-implicit-handshake"] = On(flags => flags.ImplicitHandshake = true),
        ["-min-version"] = Number((flags, value) => flags.MinimumVersion = (ushort)value),
        ["-max-version"] = Number((flags, value) => flags.MaximumVersion = (ushort)value),
        ["-no-tls13"] = On(flags => flags.NoTls13 = true),
        ["-no-tls12"] = On(flags => flags.NoTls12 = true),
        ["-no-ticket"] = On(flags => flags.NoTicket = true),
        ["-cert-file"] = Text((flags, value) => flags.CertificateFile = value),
        ["-key-file"] = Text((flags, value) => flags.KeyFile = value),
        ["-cipher"] = Text((flags, value) => flags.CipherList = value),
        ["-curves"] = Number((flags, value) => flags.Groups.Add(new NamedGroup((ushort)value))),
        ["-signing-prefs"] = Number((flags, value) => flags.SigningPreferences.Add(new SignatureScheme((ushort)value))),
        ["-verify-prefs"] = Number((flags, value) => flags.VerifyPreferences.Add(new SignatureScheme((ushort)value))),
        ["-fips-202205"] = On(CompliancePolicy.Fips202205.Apply),
        ["-wpa-202304"] = On(CompliancePolicy.Wpa202304.Apply),
        ["-host-name"] = Text((flags, value) => flags.HostName = value),
        ["-advertise-alpn"] = Text((flags, value) => flags.AdvertisedProtocols = Encoding.Latin1.GetBytes(value)),
        ["-select-alpn"] = Text((flags, value) => flags.SelectedProtocol = value),
        ["-decline-alpn"] = On(flags => flags.SelectedProtocol = null),
        ["-reject-alpn"] = On(flags => flags.RejectsProtocols = true),
        ["-false-start"] = On(flags => flags.FalseStart = true),
        ["-enable-early-data"] = On(flags => flags.EnableEarlyData = true),
        ["-require-any-client-certificate"] = On(flags => flags.RequiresClientCertificate = true),
        ["-verify-peer"] = On(flags => flags.VerifiesPeer = true),
        ["-verify-fail"] = On(flags => flags.FailsVerification = true),
        ["-reverify-on-resume"] = On(flags => flags.VerifiesResumedPeer = true),
        ["-fail-cert-callback"] = On(flags => flags.FailsCertificateCallback = true),
        ["-enable-ocsp-stapling"] = On(flags => flags.EnableOcspStapling = true),
        ["-ocsp-response"] = Base64((flags, value) => flags.OcspResponse = value),
        ["-use-ocsp-callback"] = On(flags => flags.UseOcspCallback = true),
        ["-set-ocsp-in-callback"] = On(flags => flags.SetOcspInCallback = true),
        ["-decline-ocsp-callback"] = On(flags => flags.DeclinesOcspCallback = true),
        ["-fail-ocsp-callback"] = On(flags => flags.FailsOcspCallback = true),
        ["-install-cert-compression-algs"] = On(flags => flags.InstallsCompression = true),
        ["-install-one-cert-compression-alg"] = Number((flags, value) => flags.OnlyCompression = (ushort)value),
        ["-use-client-ca-list"] = Text((flags, value) => flags.ClientAuthorities = Names(value)),
        ["-shim-writes-first"] = On(flags => flags.ShimWritesFirst = true),
        ["-read-with-unfinished-write"] = On(flags => flags.ReadWithUnfinishedWrite = true),
        ["-write-different-record-sizes"] = On(flags => flags.WritesDifferentSizes = true),
        ["-shim-shuts-down"] = On(flags => flags.ShimShutsDown = true),
        ["-check-close-notify"] = On(flags => flags.CheckCloseNotify = true),
        ["-key-update"] = On(flags => flags.KeyUpdate = true),
        ["-read-size"] = Number((flags, value) => flags.ReadSize = value),
        ["-export-keying-material"] = Number((flags, value) => flags.ExportLength = value),
        ["-export-label"] = Text((flags, value) => flags.ExportLabel = value),
        ["-export-context"] = Text((flags, value) => flags.ExportContext = value),
        ["-use-export-context"] = On(flags => flags.UseExportContext = true),

        ["-expect-version"] = Number((flags, value) => flags.Expected.Version = (ushort)value),
        ["-expect-cipher"] = Number((flags, value) => flags.Expected.CipherSuite = new CipherSuite((ushort)value)),
        ["-expect-cipher-aes"] = Number((flags, value) => flags.Expected.CipherSuite = new CipherSuite((ushort)value)),
        ["-expect-curve-id"] = Number((flags, value) => flags.Expected.Group = new NamedGroup((ushort)value)),
        ["-expect-peer-signature-algorithm"] =
            Number((flags, value) => flags.Expected.PeerSignatureScheme = new SignatureScheme((ushort)value)),
        ["-expect-peer-verify-pref"] =
            Number((flags, value) => flags.Expected.PeerVerifyPreferences.Add(new SignatureScheme((ushort)value))),
        ["-expect-server-name"] = Text((flags, value) => flags.Expected.ServerName = value),
        ["-expect-alpn"] = Text((flags, value) => flags.Expected.ApplicationProtocol = value),
        ["-expect-advertised-alpn"] =
            Text((flags, value) => flags.Expected.AdvertisedProtocols = Encoding.Latin1.GetBytes(value)),
        ["-expect-ocsp-response"] = Base64((flags, value) => flags.Expected.OcspResponse = value),
        ["-expect-peer-cert-file"] = Text((flags, value) => flags.Expected.PeerCertificateFile = value),
        ["-expect-client-ca-list"] = Text((flags, value) => flags.Expected.ClientAuthorities = Names(value)),
        ["-expect-session-miss"] = On(flags => flags.Expected.SessionMiss = true),
        ["-expect-no-session"] = On(flags => flags.Expected.NoSession = true),
        ["-expect-ticket-renewal"] = On(flags => flags.Expected.TicketRenewal = true),
        ["-expect-session-id"] = On(flags => flags.Expected.SessionId = true),
        ["-expect-no-session-id"] = On(flags => flags.Expected.NoSessionId = true),
        ["-expect-ticket-supports-early-data"] = On(flags => flags.Expected.TicketSupportsEarlyData = true),
        ["-expect-accept-early-data"] = On(flags => flags.Expected.EarlyDataAccepted = true),
        ["-expect-reject-early-data"] = On(flags => flags.Expected.EarlyDataRejected = true),
        ["-expect-no-offer-early-data"] = On(flags => flags.Expected.NoEarlyDataOffered = true),
        ["-expect-early-data-reason"] = Text((flags, value) => flags.Expected.EarlyDataReason = value),
        ["-expect-hrr"] = On(flags => flags.Expected.HelloRetryRequest = true),
        ["-expect-no-hrr"] = On(flags => flags.Expected.NoHelloRetryRequest = true),
        ["-expect-extended-master-secret"] = On(flags => flags.Expected.ExtendedMasterSecret = true),
        ["-expect-secure-renegotiation"] = On(flags => flags.Expected.SecureRenegotiation = true),
        ["-handshake-never-done"] = On(flags => flags.Expected.HandshakeNeverDone = true),

        // What these ask for is so always, or makes no difference to the engine.
        ["-no-tls1"] = Nothing,
        ["-no-tls11"] = Nothing,
        ["-partial-write"] = Nothing,
        ["-cbc-record-splitting"] = Nothing,
        ["-server-preference"] = Nothing,
        ["-no-op-extra-handshake"] = Nothing,
        ["-handshake-twice"] = Nothing,
        ["-use-early-callback"] = Nothing,
        ["-use-old-client-cert-callback"] = Nothing,
        ["-use-custom-verify-callback"] = Nothing,
        ["-install-ddos-callback"] = Nothing,
        ["-renegotiate-ignore"] = Nothing,
        ["-allow-false-start-without-alpn"] = Nothing,
        ["-srtp-profiles"] = Text((_, _) => { }),
        ["-allow-hint-mismatch"] = Text((_, _) => { }),
        ["-expect-total-renegotiations"] = Number((_, value) => RefuseUnless(value == 0, "renegotiation")),

        // What these ask for is not checked; docs/conformance.md says why.
        ["-expect-verify-result"] = Nothing,
        ["-use-ticket-callback"] = Nothing,
        ["-renew-ticket"] = Nothing,
        ["-expect-msg-callback"] = Text((_, _) => { }),
        ["-expect-cipher-no-aes"] = Text((_, _) => { }),
    };

    /// <summary>A flag that sets nothing.</summary>
    private static Flag Nothing => On(_ => { });

    /// <summary>Reads a command line.</summary>
    /// <returns>What is asked of the first connection, of those that resume it, and of a retry after early data was
    /// refused.</returns>
    public static (ShimFlags Initial, ShimFlags Resume, ShimFlags Retry) Parse(string[] arguments)
    {
        var (initial, resume, retry) = (new ShimFlags(), new ShimFlags(), new ShimFlags());
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            _ = RemovePrefix(ref name, OnShim);
            ShimFlags[] targets = RemovePrefix(ref name, OnInitial) ? [initial]
                : RemovePrefix(ref name, OnResume) ? [resume]
                : RemovePrefix(ref name, OnRetry) ? [retry]
                : [initial, resume, retry];
            if (!s_flags.TryGetValue(name, out Flag flag))
                throw new UnimplementedException(name);
            string value = flag.HasValue ? arguments[++i] : "";
            foreach (ShimFlags target in targets)
                flag.Set(target, value);
        }

        return (initial, resume, retry);
    }

    private static bool RemovePrefix(ref string name, string prefix)
    {
        if (!name.StartsWith(prefix + "-", StringComparison.Ordinal))
            return false;
        name = name[prefix.Length..];
        return true;
    }

    private static void RefuseUnless(bool isImplemented, string what)
    {
        if (!isImplemented)
            throw new UnimplementedException(what);
    }

    /// <summary>
    /// Names of authorities, in hexadecimal with commas; two words of the runner's stand for no list and an empty one.
    /// </summary>
    private static byte[][] Names(string value) =>
        value is "<NULL>" or "<EMPTY>" or "" ? [] : [.. value.Split(',').Select(Convert.FromHexString)];

    private static Flag On(Action<ShimFlags> set) => new(HasValue: false, (flags, _) => set(flags));

    private static Flag Text(Action<ShimFlags, string> set) => new(HasValue: true, set);

    private static Flag Number(Action<ShimFlags, int> set) =>
        new(HasValue: true, (flags, value) => set(flags, int.Parse(value, CultureInfo.InvariantCulture)));

    private static Flag Base64(Action<ShimFlags, byte[]> set) =>
        new(HasValue: true, (flags, value) => set(flags, Convert.FromBase64String(value)));

    private readonly record struct Flag(bool HasValue, Action<ShimFlags, string> Set);
}
