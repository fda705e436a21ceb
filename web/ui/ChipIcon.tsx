/** The mark of the page: a chip with a keyhole. Decorative. */
export function ChipIcon() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
        d="M11 6V2M16 6V2M21 6V2M11 30v-4M16 30v-4M21 30v-4M6 11H2M6 16H2M6 21H2M30 11h-4M30 16h-4M30 21h-4"
      />
      <rect x="6" y="6" width="20" height="20" rx="4" fill="currentColor" />
      <g class="keyhole">
        <circle cx="16" cy="14" r="3" />
        <path d="M14.6 15h2.8l.9 6.5h-4.6z" />
      </g>
    </svg>
  );
}
