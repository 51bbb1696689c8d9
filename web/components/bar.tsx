/** A bar on its track, hidden from screen readers. In percent of the track. */
export function Bar({ start = 0, width }: { start?: number; width: number }) {
  return (
    <svg class="meter" aria-hidden="true">
      <rect class="track" width="100%" height="100%" rx="4" />
      <rect class="fill" x={`${start}%`} width={`${width}%`} height="100%" rx="4" />
    </svg>
  );
}
