/** The user's own disks, kernel and initrd: in the PC's drives, or in place of the guest's, for as long as the page is open. */

export const driveNames = ["floppy", "cdrom", "harddisk"] as const;
export type DriveName = (typeof driveNames)[number];
export const mediumNames = [...driveNames, "kernel", "initrd"] as const;
export type MediumName = (typeof mediumNames)[number];

/** A file as browsers have it. */
export interface Medium {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly content: Blob;
}

export interface Media {
  readonly files: { readonly [Name in MediumName]?: Medium };
  /** What boots. */
  readonly bootFrom: "kernel" | DriveName;
  /** An own kernel that has no initrd of its own gets the guest's. */
  readonly usesGuestInitrd: boolean;
}

export const noMedia: Media = { files: {}, bootFrom: "kernel", usesGuestInitrd: false };

export const areSameMedia = (a: Media, b: Media): boolean =>
  a.bootFrom === b.bootFrom &&
  a.usesGuestInitrd === b.usesGuestInitrd &&
  mediumNames.every((name) => a.files[name]?.content === b.files[name]?.content);

const isDrive = (name: MediumName): name is DriveName => (driveNames as readonly string[]).includes(name);

/** Puts a file in, or takes one out. A disk that is put in boots; when the one that boots is taken out, a kernel does. */
export function withMedium(media: Media, name: MediumName, file: Medium | undefined): Media {
  const { [name]: _, ...others } = media.files;
  const files = file === undefined ? others : { ...others, [name]: file };
  if (file !== undefined) return { ...media, files, bootFrom: isDrive(name) ? name : "kernel" };
  return { ...media, files, bootFrom: media.bootFrom === name ? "kernel" : media.bootFrom };
}
