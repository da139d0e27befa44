// Package grafanaclient queries the embedded ClickHouse server with the client of Grafana's data source:
// clickhouse-go over HTTP, with gzip.
package grafanaclient

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func connect(t *testing.T, variable string) driver.Conn {
	t.Helper()
	address, err := url.Parse(os.Getenv(variable))
	if err != nil || address.Host == "" {
		t.Fatalf("%s is no address: %v", variable, err)
	}
	password, _ := address.User.Password()
	connection, err := clickhouse.Open(&clickhouse.Options{
		Protocol:    clickhouse.HTTP,
		Addr:        []string{address.Host},
		Auth:        clickhouse.Auth{Database: strings.Trim(address.Path, "/"), Username: address.User.Username(), Password: password},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionGZIP},
		Settings:    clickhouse.Settings{"max_execution_time": 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func reader(t *testing.T) driver.Conn { return connect(t, "CONVOSTREAM_CLICKHOUSE_READER_URL") }

func TestTheServerSaysWhoItIs(t *testing.T) {
	version, err := reader(t).ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.Version.Major < 26 || version.Revision != 54453 || version.Timezone.String() != "UTC" {
		t.Fatalf("unexpected handshake: %+v", version)
	}
}

func TestAPingIsAnswered(t *testing.T) {
	if err := reader(t).Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestEveryTypeOfAMetricViewIsRead(t *testing.T) {
	var (
		name     string
		count    uint64
		rate     *float64
		missing  *float64
		day      time.Time
		at       time.Time
		hour     uint8
		kind     string
		repaired []string
	)
	row := reader(t).QueryRow(context.Background(), `SELECT 'tool', toUInt64(3), toNullable(0.5), CAST(NULL, 'Nullable(Float64)'),
		toDate('2026-04-01'), toDateTime64('2026-04-01 12:00:00.123', 3, 'UTC'), toUInt8(7), toLowCardinality('event'), ['device']`)
	if err := row.Scan(&name, &count, &rate, &missing, &day, &at, &hour, &kind, &repaired); err != nil {
		t.Fatal(err)
	}
	if name != "tool" || count != 3 || *rate != 0.5 || missing != nil || hour != 7 || kind != "event" || repaired[0] != "device" {
		t.Fatal(name, count, rate, missing, hour, kind, repaired)
	}
	if day.Format(time.DateOnly) != "2026-04-01" || at.Format(time.RFC3339Nano) != "2026-04-01T12:00:00.123Z" {
		t.Fatal(day, at)
	}
}

func TestManyBlocksArriveWhole(t *testing.T) {
	rows, err := reader(t).Query(context.Background(), "SELECT number, toString(number) FROM numbers(200000) ORDER BY number")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var number, expected uint64
	var text string
	for ; rows.Next(); expected++ {
		if err := rows.Scan(&number, &text); err != nil || number != expected {
			t.Fatal(number, expected, err)
		}
	}
	if rows.Err() != nil || expected != 200000 {
		t.Fatal(expected, rows.Err())
	}
}

func TestAnEmptyAnswerHasNoRows(t *testing.T) {
	rows, err := reader(t).Query(context.Background(), "SELECT 1 WHERE 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() || rows.Err() != nil {
		t.Fatal("a row, or an error:", rows.Err())
	}
}

func TestStatementsThatAreNoSelectAnswerRows(t *testing.T) {
	for _, statement := range []string{"SHOW DATABASES", "DESCRIBE TABLE system.one", "EXPLAIN SELECT 1"} {
		rows, err := reader(t).Query(context.Background(), statement)
		if err != nil {
			t.Fatal(statement, err)
		}
		if !rows.Next() {
			t.Fatal(statement, "has no rows", rows.Err())
		}
		_ = rows.Close()
	}
}

func TestParametersAreBound(t *testing.T) {
	ctx := clickhouse.Context(context.Background(), clickhouse.WithParameters(clickhouse.Parameters{"agent": "it's"}))
	var agent string
	if err := reader(t).QueryRow(ctx, "SELECT {agent:String}").Scan(&agent); err != nil || agent != "it's" {
		t.Fatal(agent, err)
	}
}

func TestAnErrorHasClickHousesCode(t *testing.T) {
	for statement, code := range map[string]int32{
		"SELECT * FROM no_such_table": 60,
		"SELECT no_such_function()":   46,
		"SELEC 1":                     62,
		"SELECT throwIf(1)":           395,
		"SELECT throwIf(number = 190000) FROM numbers(200000)": 395,
		"INSERT INTO rows_of_go SELECT 1, 'x'":                 497,
	} {
		rows, err := reader(t).Query(context.Background(), statement)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			_ = rows.Close()
		}
		var exception *clickhouse.Exception
		if !errors.As(err, &exception) || exception.Code != code {
			t.Errorf("%s: %v, not code %d", statement, err, code)
		}
	}
}

func TestABatchIsInserted(t *testing.T) {
	ctx := context.Background()
	writer := connect(t, "CONVOSTREAM_CLICKHOUSE_URL")
	if err := writer.Exec(ctx, "TRUNCATE TABLE rows_of_go"); err != nil {
		t.Fatal(err)
	}
	batch, err := writer.PrepareBatch(ctx, "INSERT INTO rows_of_go")
	if err != nil {
		t.Fatal(err)
	}
	for number := range 1000 {
		if err := batch.Append(uint64(number), "row"); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	var count, sum uint64
	if err := writer.QueryRow(ctx, "SELECT count(), sum(number) FROM rows_of_go").Scan(&count, &sum); err != nil || count != 1000 || sum != 499500 {
		t.Fatal(count, sum, err)
	}
}

func TestManyPanelsAskAtOnce(t *testing.T) {
	connection := reader(t)
	var panels sync.WaitGroup
	for panel := range 16 {
		panels.Go(func() {
			var number uint64
			err := connection.QueryRow(context.Background(), "SELECT sum(number) + ? FROM numbers(100000)", panel).Scan(&number)
			if err != nil || number != 4999950000+uint64(panel) {
				t.Error(panel, number, err)
			}
		})
	}
	panels.Wait()
}
