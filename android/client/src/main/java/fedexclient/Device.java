package fedexclient;

import fedexclient.cache.CacheDamagedException;
import fedexclient.cache.CacheException;
import fedexclient.cache.NewerCacheException;
import fedexclient.cache.SealedAs;
import fedexclient.heads.HeadStore;
import fedexclient.service.Identity;
import fedexclient.service.Stop;
import fedexclient.storage.StorageException;
import fedexclient.sync.Consent;
import fedexclient.sync.SyncLog;
import java.nio.file.Path;
import java.util.Set;

/** What a device consists of, wired, in its folder. Making one reads nothing. */
final class Device {
  final OpenCache caches;
  final Models models;
  final Recognizers recognizers;
  final ReleaseWatch releases;
  final Membership membership;
  final Consent consent;
  final Sharing sharing;
  final SyncLog log;
  final Exchanges exchanges;

  Device(Home home, FedexOptions options) {
    Path folder = home.folder();
    HeadStore heads = new HeadStore(folder.resolve("heads"));
    caches = new OpenCache(folder.resolve("cache.sqlite3").toFile(), options.maxUnfed());
    models = new Models(options, home.runtime(), heads);
    recognizers = new Recognizers(models, caches);
    releases = new ReleaseWatch(heads);
    membership = new Membership(folder, home.vault(), heads, options.transport(), this::hasUnsent);
    consent = new Consent(folder);
    sharing = new Sharing(options, home, models, heads, caches, membership, consent);
    log = new SyncLog(folder);
    exchanges = new Exchanges(sharing, log);
  }

  private boolean hasUnsent(Identity identity) {
    try {
      Set<String> retired = membership.spaces(identity, new Stop()).known().retired();
      SealedAs as = new SealedAs(identity.origin(), identity.device());
      return !retired.containsAll(caches.open().uploads().unsent(as).values());
    } catch (CacheDamagedException | NewerCacheException error) {
      return false; // of these nothing can be sent
    } catch (CacheException | StorageException error) {
      return true; // a moment later it may
    }
  }
}
