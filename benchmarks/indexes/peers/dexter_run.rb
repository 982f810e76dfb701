# Runs Dexter as it is and counts what it asks: the last line of standard error is "counted EXPLAINS SERVER_CPU CLIENT_CPU".
# Old releases of pg_query (Debian has 2.2) call a string's value "str" where Dexter reads "sval": given both here.
require "dexter"

class Dexter::Indexer
  singleton_class.prepend(Module.new do
    def find_by_key(plan, key)
      found = super
      if key == "ColumnRef"
        found.each do |reference|
          (reference["fields"] || []).each do |part|
            name = part["String"]
            name["sval"] ||= name["str"] if name
          end
        end
      end
      found
    end
  end)
end

module Counting
  @explains = 0
  class << self
    attr_accessor :explains, :connection
  end
  def execute(query, **options)
    Counting.explains += 1 if query.match?(/\A\s*EXPLAIN\b/i)
    Counting.connection = self
    super
  end
end
Dexter::Connection.prepend(Counting)

at_exit do
  pid = Counting.connection&.execute("SELECT pg_backend_pid() AS pid")&.first&.fetch("pid")
  spent = pid ? File.read("/proc/#{pid}/schedstat").split.first.to_i / 1e9 : 0
  times = Process.times
  $stderr.puts "counted #{Counting.explains} #{spent} #{times.utime + times.stime}"
end

Dexter::Client.start
