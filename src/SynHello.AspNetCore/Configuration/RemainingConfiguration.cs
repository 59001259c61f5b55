using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace SynHello.AspNetCore;

/// <summary>What is left of Kestrel's section for Kestrel itself: all of it but the endpoints that are secure.</summary>
internal sealed class RemainingConfiguration(IConfiguration configuration) : IConfiguration
{
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
        return string.Equals(key, "Endpoints", StringComparison.OrdinalIgnoreCase) ? new EndPoints(section) : section;
    }

    private sealed class EndPoints(IConfigurationSection section) : IConfigurationSection
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

        public IEnumerable<IConfigurationSection> GetChildren() => section.GetChildren().Where(child => !KestrelSection.IsSecure(child));

        public IChangeToken GetReloadToken() => section.GetReloadToken();

        public IConfigurationSection GetSection(string key) => section.GetSection(key);
    }
}
