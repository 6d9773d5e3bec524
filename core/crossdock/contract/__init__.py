"""The contract between core and plugins. Everything a plugin author needs is re-exported by `crossdock`."""
