using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace SynHello.AspNetCore;

/// <summary>
/// What is left of Kestrel's section for Kestrel itself: all of it but the endpoints that are secure, those that are when this is made.
/// What changes later makes none of them secure, or another: Kestrel would bind what a listener has, or give up what nobody else serves.
/// </summary>
internal sealed class RemainingConfiguration(IConfiguration configuration) : IConfiguration
{
    private readonly HashSet<string> _secure = new(
        configuration.GetSection("Endpoints").GetChildren().Where(KestrelSection.IsSecure).Select(endPoint => endPoint.Key),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>All of it.</summary>
    public IConfiguration Whole => configuration;

    /// <summary>The names of the endpoints that have become secure, or are not any more.</summary>
    public IEnumerable<string> ChangedEndPoints => _secure.Concat(configuration.GetSection("Endpoints").GetChildren().Select(child => child.Key))
        .Distinct(StringComparer.OrdinalIgnoreCase)
        .Where(key => _secure.Contains(key) != KestrelSection.IsSecure(configuration.GetSection("Endpoints").GetSection(key)));

    public string? this[string key]
    {
        get => configuration[key];
        set => configuration[key] = value;
    }

    public IEnumerable<IConfigurationSection> GetChildren() => configuration.GetChildren();

    public IChangeToken GetReloadToken() => configuration.GetReloadToken();

    public IConfigurationSection GetSection(string key)
    {
        IConfigurationSection section = configuration.GetSection(key);
        return string.Equals(key, "Endpoints", StringComparison.OrdinalIgnoreCase) ? new EndPoints(section, _secure) : section;
    }

    private sealed class EndPoints(IConfigurationSection section, HashSet<string> secure) : IConfigurationSection
    {
        public string Key => section.Key;

        public string Path => section.Path;

        public string? Value
        {
            get => section.Value;
            set => section.Value = value;
        }

        public string? this[string key]
        {
            get => section[key];
            set => section[key] = value;
        }

        public IEnumerable<IConfigurationSection> GetChildren() => section.GetChildren().Where(child => !secure.Contains(child.Key));

        public IChangeToken GetReloadToken() => section.GetReloadToken();

        public IConfigurationSection GetSection(string key) => section.GetSection(key);
    }
}
