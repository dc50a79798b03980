/** The captures of vectors/captures as octets, in Node and in a page alike. */
const inlined = import.meta.glob<string>('../../vectors/captures/*.{pcap,pcapng}', {
  query: '?url&inline',
  import: 'default',
  eager: true,
});

export const captures: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  Object.entries(inlined).map(([path, uri]) => [
    path.slice(path.lastIndexOf('/') + 1),
    Uint8Array.from(atob(uri.slice(uri.indexOf(',') + 1)), (c) => c.charCodeAt(0)),
  ]),
);
