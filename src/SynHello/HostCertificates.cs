using System.Collections.Frozen;
using System.Collections.ObjectModel;

using SynHello.Tls;

namespace SynHello;

/// <summary>
/// Which certificates are shown for which host: those for just that name, with those for a wildcard that covers it behind them, or
/// the default ones. Names are compared without regard to case and to a dot at their end. Thread-safe: it is exchanged as a whole, a
/// look-up takes no lock, allocates nothing, and costs the same however many hosts there are.
/// </summary>
/// <remarks>
/// <see cref="Select"/> fits <see cref="SecureListenerOptions.CredentialSelector"/>. Of a host's certificates the first is shown
/// that the client can check (RFC 8446 section 4.4.2.2), so the better key goes in front: ECDSA before RSA. The order is the caller's,
/// but those for just that name always stand before those for a wildcard: an RSA key of its own hides an ECDSA key for all names of
/// the domain, unless the host has one of each. (<see cref="CertificateFiles"/> puts the keys in order by itself.) A listener warns at
/// its start of what is wrong with its <see cref="SecureListenerOptions.Credentials"/> alone: give it <see cref="Credentials"/> there.
/// </remarks>
public sealed class HostCertificates
{
    private volatile Snapshot _snapshot = new([]);

    /// <summary>Makes a selection.</summary>
    /// <param name="certificates">The certificates, best first where several are for one host.</param>
    public HostCertificates(params IEnumerable<HostCertificate> certificates) => Replace(certificates);

    /// <summary>All certificates, in the order given, each once.</summary>
    public IReadOnlyList<TlsCredential> Credentials => _snapshot.Credentials;

    /// <summary>
    /// Puts others in the place of all certificates, at once: each handshake sees the ones from before or the new ones. Nothing is
    /// disposed of: connections may use the ones from before still.
    /// </summary>
    /// <param name="certificates">The certificates, best first where several are for one host.</param>
    public void Replace(IEnumerable<HostCertificate> certificates)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        _snapshot = new Snapshot([.. certificates]);
    }

    /// <summary>As the other, with some behind the rest for each host, also where only a wildcard covers it.</summary>
    internal void Replace(IEnumerable<HostCertificate> certificates, Func<TlsCredential, bool> comesLater) =>
        _snapshot = new Snapshot([.. certificates], comesLater);

    /// <summary>Finds the certificates for the host that a client asks for.</summary>
    /// <param name="request">What the client asks for.</param>
    /// <returns>Best first; empty when there is none for that host, and no default.</returns>
    public IReadOnlyList<TlsCredential> Select(TlsCredentialRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Find(request.ServerName);
    }

    /// <summary>Finds the certificates for a host.</summary>
    /// <param name="hostName">The name, in Unicode or punycode; null for the default ones.</param>
    /// <returns>Best first; empty when there is none for that host, and no default.</returns>
    public IReadOnlyList<TlsCredential> Find(string? hostName)
    {
        Snapshot snapshot = _snapshot;
        if (hostName is not null && !System.Text.Ascii.IsValid(hostName))
            hostName = HostName.Normalize(hostName); // on the wire there are no such names (RFC 6066 section 3)
        return hostName is null ? snapshot.Default : snapshot.Find(hostName);
    }

    /// <summary>The certificates at one time.</summary>
    private sealed class Snapshot
    {
        private readonly FrozenDictionary<string, IReadOnlyList<TlsCredential>>.AlternateLookup<ReadOnlySpan<char>> _exact;
        private readonly FrozenDictionary<string, IReadOnlyList<TlsCredential>>.AlternateLookup<ReadOnlySpan<char>> _wildcards;

        private readonly Func<TlsCredential, bool>? _comesLater;

        public Snapshot(HostCertificate[] certificates, Func<TlsCredential, bool>? comesLater = null)
        {
            _comesLater = comesLater;
            Credentials = Distinct(certificates.Select(certificate => certificate.Credential));
            Default = Distinct(certificates.Where(certificate => certificate.IsDefault).Select(certificate => certificate.Credential));
            var exact = new Dictionary<string, List<TlsCredential>>();
            var wildcards = new Dictionary<string, List<TlsCredential>>();
            foreach (HostCertificate certificate in certificates)
            {
                foreach (string name in certificate.HostNames)
                {
                    if (HostName.WildcardDomain(name) is { } domain)
                        Add(wildcards, domain, certificate.Credential);
                    else
                        Add(exact, name, certificate.Credential);
                }
            }

            foreach ((string name, List<TlsCredential> credentials) in exact)
            {
                int dot = name.IndexOf('.', StringComparison.Ordinal);
                if (dot > 0 && wildcards.TryGetValue(name[(dot + 1)..], out List<TlsCredential>? covering))
                    credentials.AddRange(covering);
            }

            _exact = Freeze(exact);
            _wildcards = Freeze(wildcards);
        }

        public IReadOnlyList<TlsCredential> Credentials { get; }

        public IReadOnlyList<TlsCredential> Default { get; }

        public IReadOnlyList<TlsCredential> Find(ReadOnlySpan<char> host)
        {
            if (host.EndsWith('.'))
                host = host[..^1];
            if (_exact.TryGetValue(host, out IReadOnlyList<TlsCredential>? credentials))
                return credentials;
            int dot = host.IndexOf('.');
            return dot > 0 && _wildcards.TryGetValue(host[(dot + 1)..], out credentials) ? credentials : Default;
        }

        private static void Add(Dictionary<string, List<TlsCredential>> lists, string name, TlsCredential credential)
        {
            if (!lists.TryGetValue(name, out List<TlsCredential>? list))
                lists.Add(name, list = []);
            list.Add(credential);
        }

        private FrozenDictionary<string, IReadOnlyList<TlsCredential>>.AlternateLookup<ReadOnlySpan<char>> Freeze(
            Dictionary<string, List<TlsCredential>> lists) =>
            lists
                .ToFrozenDictionary(
                    pair => pair.Key,
                    IReadOnlyList<TlsCredential> (pair) => Distinct(pair.Value),
                    StringComparer.OrdinalIgnoreCase)
                .GetAlternateLookup<ReadOnlySpan<char>>();

        private ReadOnlyCollection<TlsCredential> Distinct(IEnumerable<TlsCredential> credentials) =>
            Array.AsReadOnly((_comesLater is null ? credentials : credentials.OrderBy(_comesLater)).Distinct().ToArray());
    }
}
